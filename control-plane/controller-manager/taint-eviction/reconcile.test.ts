import type { Taint, Toleration } from "@kubets/api";
import type { Decision } from "@kubets/client";
import { expect, test } from "vitest";
import { ago, aPod, noon, type PodFacts, verbsOf } from "../testing/objects.ts";
import { reconcile } from "./reconcile.ts";

const taint = (key: string, since?: number): Taint => ({
  key,
  effect: "NoExecute",
  ...(since === undefined ? {} : { timeAdded: ago(since) }),
});
const tolerates = (key: string, tolerationSeconds?: number): Toleration => ({
  key,
  operator: "Exists",
  effect: "NoExecute",
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
});
function decide(taints: readonly Taint[], tolerations: readonly Toleration[], facts: PodFacts = {}): Decision {
  return reconcile({ pod: aPod("pod", { ...facts, spec: { tolerations } }), taints }, noon);
}
const bound = (seconds: number): PodFacts => ({ conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: ago(seconds) }] });

test.each<readonly [string, readonly Taint[], readonly Toleration[], PodFacts, "goes" | "stays" | number]>([
  ["without taints", [], [], {}, "stays"],
  ["that doesn't tolerate a taint", [taint("a", 1)], [], {}, "goes"],
  ["that tolerates it for ever", [taint("a", 999)], [tolerates("a")], {}, "stays"],
  ["whose time is not over", [taint("a", 100)], [tolerates("a", 300)], {}, 200_000],
  ["whose time is over", [taint("a", 300)], [tolerates("a", 300)], {}, "goes"],
  ["that tolerates it for no time", [taint("a", 0)], [tolerates("a", 0)], {}, "goes"],
  ["that came after the taint", [taint("a", 3000)], [tolerates("a", 60)], bound(20), 40_000],
  ["with two taints", [taint("a", 10), taint("b", 10)], [tolerates("a", 60), tolerates("b", 30)], {}, 20_000],
  ["that tolerates one of two", [taint("a", 10), taint("b", 10)], [tolerates("a")], {}, "goes"],
  ["with two tolerations of one taint", [taint("a", 10)], [tolerates("a", 60), tolerates("a", 20)], {}, 50_000],
  ["of a taint whose time isn't written yet", [taint("a")], [tolerates("a", 60)], {}, "stays"],
  ["that is on its way out", [taint("a", 1)], [], { deleting: true }, "stays"],
  ["that has ended", [taint("a", 1)], [], { phase: "Succeeded" }, "stays"],
])("a Pod %s", (_what, taints, tolerations, facts, outcome) => {
  const { actions, requeueAfter } = decide(taints, tolerations, facts);
  expect(verbsOf(actions)).toEqual(outcome === "goes" ? ["event TaintManagerEviction", "updateStatus pod", "delete pod"] : []);
  expect(requeueAfter).toBe(typeof outcome === "number" ? outcome : undefined);
});

test("a Pod that goes says why", () => {
  const [event, status] = decide([taint("a", 1)], []).actions;
  expect(event).toMatchObject({ type: "Normal", reason: "TaintManagerEviction", message: "Marking for deletion Pod default/pod" });
  const condition = { type: "DisruptionTarget", status: "True", reason: "DeletionByTaintManager" };
  expect(status).toMatchObject({ object: { status: { conditions: [condition] } } });
});
