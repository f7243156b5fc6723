import { expect, test } from "vitest";
import { aNode, aPod } from "../../testing/objects.ts";
import { aClaim, aClass, aCSINode, aVolume, saysOf } from "../../testing/storage.ts";
import { nodeVolumeLimits } from "./node-volume-limits.ts";

const driver = "disks.example.com";
const using = (name: string, claimName: string, nodeName?: string) =>
  aPod({ name, volumes: [{ name: "data", persistentVolumeClaim: { claimName } }], ...(nodeName === undefined ? {} : { nodeName }) });
const full = "node(s) exceed max volume count";

test("a node takes as many volumes of a driver as its CSINode says; one that is there already counts once", () => {
  const nodes = [aNode({ name: "a" }), aNode({ name: "b" })];
  const storage = {
    claims: ["one", "two"].map((name) => aClaim(name, { bound: `v-${name}` })).concat(aClaim("late", { className: "made" })),
    volumes: ["one", "two"].map((name) => aVolume(`v-${name}`, { csi: { driver, volumeHandle: name } })),
    classes: [aClass("made", { provisioner: driver })],
    csiNodes: [aCSINode("a", { [driver]: 1 }), aCSINode("b", {})],
  };
  const says = (claim: string, ...pods: readonly ReturnType<typeof aPod>[]) =>
    saysOf(nodeVolumeLimits, using("new", claim), nodes, storage, pods);
  const first = using("first", "one", "a");
  expect([says("one"), says("two", first), says("one", first), says("late", first), says("late")]).toEqual([
    ["yes", "yes"],
    [full, "yes"],
    ["yes", "yes"],
    [full, "yes"],
    ["yes", "yes"],
  ]);
});
