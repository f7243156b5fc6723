import { type Lease, LeaseKind, type Node } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, aNode, anObject, noon } from "../testing/objects.ts";
import { type Sighting, sighted } from "./sightings.ts";

const node = (heartbeat: number | undefined, { uid = "n1", reason = "KubeletReady" } = {}): Node => {
  const ready = { type: "Ready", status: "True", reason, message: "", lastTransitionTime: ago(900) };
  const conditions = heartbeat === undefined ? [] : [{ ...ready, lastHeartbeatTime: ago(heartbeat) }];
  return aNode("n1", { metadata: { uid, creationTimestamp: ago(100) }, status: { conditions } });
};
const lease = (renewed: number): Lease => anObject(LeaseKind, "n1", { spec: { holderIdentity: "n1", renewTime: ago(renewed) } });
const before: Sighting = { uid: "n1", heardAt: (noon - 30_000) as Instant, heartbeat: ago(500), renewed: ago(400) };
const secondsSilent = (sighting: Sighting): number => (noon - sighting.heardAt) / 1000;

test.each<readonly [string, Sighting | undefined, Node, Lease | undefined, number]>([
  ["writes nothing new was heard when it was", before, node(500), lease(400), 30],
  ["renews its Lease is heard, whatever its clock says", before, node(500), lease(300), 0],
  ["reports its status is heard, also when its clock went back", before, node(600), lease(400), 0],
  ["has a Lease of before isn't heard", before, node(500), lease(450), 30],
  ["is seen for the first time is heard", undefined, node(5000), undefined, 0],
  ["has never reported anything is heard when it is made", undefined, node(undefined), undefined, 100],
  ["was only found silent has never reported", undefined, node(100, { reason: "NodeStatusNeverUpdated" }), undefined, 100],
  ["is made anew is another one", before, node(undefined, { uid: "n2" }), lease(400), 0],
])("a node that %s", (_what, known, observed, renewed, seconds) => {
  expect(secondsSilent(sighted(known, observed, renewed, noon))).toBe(seconds);
});
