import { expect, test } from "vitest";
import { aNode } from "../testing/objects.ts";
import { reconcile, ttlAnnotation } from "./index.ts";

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
