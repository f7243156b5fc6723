import type { Node } from "@kubets/api";
import { expect, test } from "vitest";
import { aPod } from "../testing/pods.ts";
import { refusalOf } from "./admit.ts";

const node = { metadata: { labels: { disk: "ssd" } }, status: { allocatable: { cpu: "1", memory: "1Gi", pods: "2" } } } as unknown as Node;
const asking = (cpu: string) => aPod({ containers: [{ name: "main", resources: { requests: { cpu } } }] });

test("a Pod that fits is taken", () => {
  expect(refusalOf(asking("500m"), node, [asking("500m")])).toBeUndefined();
});

test("a Pod that asks for more than is left is refused, and told what was missing", () => {
  expect(refusalOf(asking("600m"), node, [asking("500m")])).toEqual({
    reason: "OutOfcpu",
    message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 600, used: 500, capacity: 1000",
  });
  expect(refusalOf(aPod(), node, [aPod(), aPod()])).toMatchObject({ reason: "OutOfpods" });
});

test("a Pod that wants other labels than the node has is refused", () => {
  expect(refusalOf(aPod({ nodeSelector: { disk: "hdd" } }), node, [])).toMatchObject({ reason: "NodeAffinity" });
  expect(refusalOf(aPod({ nodeSelector: { disk: "ssd" } }), node, [])).toBeUndefined();
});
