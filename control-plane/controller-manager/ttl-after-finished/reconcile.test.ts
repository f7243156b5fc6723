import { JobKind } from "@kubets/api";
import { expect, test } from "vitest";
import { ago, anObject, noon, verbsOf } from "../testing/objects.ts";
import { reconcile } from "./index.ts";

const ended = (type: string, seconds: number, status = "True") => ({ type, status, lastTransitionTime: ago(seconds) });

test.each<readonly [string, number | undefined, readonly object[], object, readonly string[], number | undefined]>([
  ["ended long enough ago", 60, [ended("Complete", 60)], {}, ["delete work"], undefined],
  ["failed long enough ago", 60, [ended("Failed", 90)], {}, ["delete work"], undefined],
  ["ended just now", 60, [ended("Complete", 20)], {}, [], 40_000],
  ["may go at once", 0, [ended("Complete", 0)], {}, ["delete work"], undefined],
  ["has not ended", 60, [], {}, [], undefined],
  ["was about to end", 60, [ended("Complete", 90, "False")], {}, [], undefined],
  ["stays for good", undefined, [ended("Complete", 9000)], {}, [], undefined],
  ["is on its way out", 60, [ended("Complete", 90)], { deletionTimestamp: ago(1) }, [], undefined],
])("a Job that %s", (_state, ttlSecondsAfterFinished, conditions, metadata, verbs, requeueAfter) => {
  const ttl = ttlSecondsAfterFinished === undefined ? {} : { ttlSecondsAfterFinished };
  const job = anObject(JobKind, "work", { metadata, spec: { template: { spec: { containers: [] } }, ...ttl }, status: { conditions } });
  const decision = reconcile(job, noon);
  expect([verbsOf(decision.actions), decision.requeueAfter]).toEqual([verbs, requeueAfter]);
});
