import { expect, test } from "vitest";
import { couldHelp } from "../../testing/ask.ts";
import { aNode, aPod } from "../../testing/objects.ts";
import { aClaim, saysOf } from "../../testing/storage.ts";
import { volumeRestrictions } from "./volume-restrictions.ts";

const nodes = [aNode({ name: "a" }), aNode({ name: "b" })];
const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];
const used = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode";

test("a volume for one Pod keeps a second one off all nodes, wherever the first is", () => {
  const first = aPod({ name: "first", volumes, nodeName: "a" });
  const says = (mode: string, ...pods: readonly ReturnType<typeof aPod>[]) =>
    saysOf(volumeRestrictions, aPod({ volumes }), nodes, { claims: [aClaim("data", { modes: [mode] })] }, pods);
  expect(says("ReadWriteOncePod", first)).toEqual([used, used]);
  expect(says("ReadWriteOncePod")).toEqual(["yes", "yes"]);
  expect(says("ReadWriteOnce", first)).toEqual(["yes", "yes"]);
});

test("the end of a Pod that has the volume could help", () => {
  const gone = (pod: ReturnType<typeof aPod>) => couldHelp(volumeRestrictions, aPod({ volumes }), { kind: "AssignedPodDeleted", pod });
  expect([gone(aPod({ volumes })), gone(aPod())]).toEqual([true, false]);
});
