import type { Caches, Watch } from "@kubets/client";
import type { Instant } from "@kubets/machinery";
import { expect, test } from "vitest";
import { aNode } from "../testing/objects.ts";
import { reconcile, ttlAnnotation, ttlController } from "./index.ts";

test.each<readonly [size: number, present: string | undefined, next: string | undefined]>([
  [1, undefined, "0"],
  [1, "0", undefined],
  [100, "0", undefined],
  [101, "0", "15"],
  [95, "15", undefined],
  [89, "15", "0"],
  [1000, "30", undefined],
  [5000, "0", "300"],
  [1, "nonsense", "0"],
])("in a cluster of %i nodes one that has %s gets %s", (size, present, next) => {
  const node = aNode("a", present === undefined ? {} : { metadata: { annotations: { [ttlAnnotation]: present } } });
  const expected =
    next === undefined ? [] : [{ verb: "patch", name: "a", patch: { metadata: { annotations: { [ttlAnnotation]: next } } } }];
  expect(reconcile({ node, size }).actions).toMatchObject(expected);
});

test("every node is told when the cluster takes a step, and none because of a heartbeat", () => {
  const keysIn = (size: number, ttl: string, change: Parameters<Watch["keys"]>[0]): readonly string[] => {
    const nodes = Array.from({ length: size }, (_, index) => aNode(`n${index}`));
    const caches = { of: () => ({ list: () => nodes, byIndex: (_: string, value: string) => (value === ttl ? nodes : []) }) };
    return [...ttlController.watches[0]!.keys(change, caches as unknown as Caches, 0 as Instant)];
  };
  const node = aNode("a");
  expect({
    heartbeat: keysIn(50, "0", { previous: node, object: { ...node } }),
    joins: keysIn(50, "0", { object: node }),
    joinsBeyondAStep: keysIn(101, "0", { object: node }).length,
    joinsAsOneOfManyBeyondAStep: keysIn(140, "0", { object: node }).length,
    leaves: keysIn(50, "0", { previous: node }),
    leavesBelowAStep: keysIn(89, "15", { previous: node }).length,
  }).toEqual({
    heartbeat: [],
    joins: ["a"],
    joinsBeyondAStep: 102,
    joinsAsOneOfManyBeyondAStep: 141,
    leaves: [],
    leavesBelowAStep: 89,
  });
});
