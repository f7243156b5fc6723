import { CertificateSigningRequestKind } from "@kubets/api";
import { expect, test } from "vitest";
import { ago, anObject, noon, verbsOf } from "../testing/objects.ts";
import { reconcile } from "./index.ts";

const hour = 3600;
const decided = (type: string, seconds: number) => ({ type, status: "True", reason: "", message: "", lastUpdateTime: ago(seconds) });

test.each([
  ["pending for less than a day", 23 * hour, [], hour * 1000],
  ["pending for a day", 24 * hour, [], "gone"],
  ["approved and signed half an hour ago", 30 * hour, [decided("Approved", hour / 2)], (hour / 2) * 1000, "AAAA"],
  ["approved and signed an hour ago", 30 * hour, [decided("Approved", hour)], "gone", "AAAA"],
  ["approved an hour ago and waits for its signer", 30 * hour, [decided("Approved", hour)], undefined],
  ["denied an hour ago", 2 * hour, [decided("Denied", hour)], "gone"],
  ["failed an hour ago", 2 * hour, [decided("Approved", hour / 2), decided("Failed", hour)], "gone"],
] as const)("a request that is %s stays or goes", (_, age, conditions, fate, certificate: string | undefined = undefined) => {
  const request = anObject(CertificateSigningRequestKind, "jane", {
    metadata: { creationTimestamp: ago(age) },
    status: { conditions, certificate },
  });
  const { actions, requeueAfter } = reconcile(request, noon);
  expect({ actions: verbsOf(actions), requeueAfter }).toEqual(
    fate === "gone" ? { actions: ["delete jane"], requeueAfter: undefined } : { actions: [], requeueAfter: fate },
  );
});
