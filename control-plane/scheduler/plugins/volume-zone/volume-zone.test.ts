import { expect, test } from "vitest";
import { aNode, aPod } from "../../testing/objects.ts";
import { aClaim, aVolume, saysOf } from "../../testing/storage.ts";
import { volumeZone } from "./volume-zone.ts";

const zone = "topology.kubernetes.io/zone";
const pod = aPod({ volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] });
const claims = [aClaim("data", { bound: "v" })];
const none = "node(s) had no available volume zone";

test("a Pod goes to the zone of its volume; a volume may be in several, and a node without zones in all", () => {
  const nodes = [
    aNode({ labels: { [zone]: "east" } }),
    aNode({ labels: { [zone]: "west" } }),
    aNode({ labels: { "failure-domain.beta.kubernetes.io/zone": "east" } }),
    aNode(),
  ];
  const says = (labels?: Readonly<Record<string, string>>) =>
    saysOf(volumeZone, pod, nodes, { claims, volumes: [aVolume("v", labels === undefined ? {} : { labels })] });
  expect(says({ [zone]: "east" })).toEqual(["yes", none, "yes", "yes"]);
  expect(says({ [zone]: "west__north" })).toEqual([none, "yes", none, "yes"]);
  expect(says()).toEqual(["yes", "yes", "yes", "yes"]);
});
