import { PersistentVolumeClaimKind, PersistentVolumeKind, type Pod, VolumeAttributesClassKind } from "@kubets/api";
import { expect, test } from "vitest";
import { reconcile as reconcileVolume } from "../persistentvolume-protection/index.ts";
import { ago, anObject, aPod, verbsOf } from "../testing/objects.ts";
import { reconcile as reconcileClass } from "../volumeattributesclass-protection/index.ts";
import { reconcile } from "./index.ts";

const deleting = { deletionTimestamp: ago(1) };
const aClaim = (metadata: Readonly<Record<string, unknown>>) => anObject(PersistentVolumeClaimKind, "data", { metadata });
const held = { finalizers: ["kubernetes.io/pvc-protection", "example.com/other"] };
const volumes = [{ name: "v", persistentVolumeClaim: { claimName: "data" } }];
const ephemeral = [{ name: "data", ephemeral: { volumeClaimTemplate: { spec: { accessModes: ["ReadWriteOnce"] } } } }];

const done = ["confirmEmpty pods", "update data"];

test.each<readonly [string, Readonly<Record<string, unknown>>, readonly Pod[], readonly string[]]>([
  ["is marked, when it isn't yet", {}, [], ["update data"]],
  ["stays as it is while nobody deletes it", held, [], []],
  ["goes when nobody uses it, once the server has said so too", { ...held, ...deleting }, [], done],
  ["waits for the Pod on a node that uses it", { ...held, ...deleting }, [aPod("web", { node: "n", spec: { volumes } })], []],
  [
    "waits for a Pod that has ended: its object is there",
    { ...held, ...deleting },
    [aPod("web", { node: "n", phase: "Succeeded", spec: { volumes } })],
    [],
  ],
  ["doesn't wait for a Pod without a node", { ...held, ...deleting }, [aPod("web", { spec: { volumes } })], done],
  ["is nothing more to this controller without its finalizer", { ...deleting, finalizers: ["example.com/other"] }, [], []],
])("a claim %s", (_what, metadata, consumers, expected) => {
  expect(verbsOf(reconcile({ claim: aClaim(metadata), consumers }).actions)).toEqual(expected);
});

test("only its own finalizer is taken away", () => {
  const [, update] = reconcile({ claim: aClaim({ ...held, ...deleting }), consumers: [] }).actions;
  expect(update).toMatchObject({ object: { metadata: { finalizers: ["example.com/other"] } } });
});

test("an ephemeral claim doesn't wait for a Pod that only its own finalizers hold, nor for one that it wasn't made for", () => {
  const claim = anObject(PersistentVolumeClaimKind, "web-data", {
    metadata: { ...held, ...deleting, ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "web", uid: "web", controller: true }] },
  });
  const pod = (metadata: Readonly<Record<string, unknown>> = {}) => aPod("web", { node: "n", spec: { volumes: ephemeral }, metadata });
  const holds = (consumer: Pod): boolean => reconcile({ claim, consumers: [consumer] }).actions.length === 0;
  expect([
    holds(pod()),
    holds(pod({ ...deleting, deletionGracePeriodSeconds: 30 })),
    holds(pod({ ...deleting, deletionGracePeriodSeconds: 0 })),
    holds(pod({ uid: "another" })),
  ]).toEqual([true, true, false, false]);
});

test("a volume goes unless it is bound", () => {
  const volume = (phase: string, metadata: object) => anObject(PersistentVolumeKind, "v", { metadata, status: { phase } });
  const leaving = { ...deleting, finalizers: ["kubernetes.io/pv-protection"] };
  const decided = (phase: string, metadata: object) => verbsOf(reconcileVolume(volume(phase, metadata)).actions);
  expect([decided("Available", {}), decided("Bound", leaving), decided("Released", leaving)]).toEqual([["update v"], [], ["update v"]]);
});

test("a VolumeAttributesClass goes unless it is used", () => {
  const attributesClass = anObject(VolumeAttributesClassKind, "gold", {
    metadata: { ...deleting, finalizers: ["kubernetes.io/vac-protection"] },
    driverName: "example.com/disks",
  });
  expect(verbsOf(reconcileClass({ attributesClass, isUsed: true }).actions)).toEqual([]);
  expect(verbsOf(reconcileClass({ attributesClass, isUsed: false }).actions)).toEqual(["update gold"]);
});
