import { bestVolume, type PersistentVolume, type PersistentVolumeClaim, type Pod, type StorageClass } from "@kubets/api";
import type { Action } from "@kubets/client";
import { expect, test } from "vitest";
import { aPod } from "../testing/objects.ts";
import { reconcile } from "./index.ts";
import { aClaim, aClass, aVolume } from "./testing/objects.ts";

interface Facts {
  readonly named?: PersistentVolume;
  readonly volumes?: readonly PersistentVolume[];
  readonly storageClass?: StorageClass;
  readonly defaultClass?: StorageClass;
  readonly consumers?: readonly Pod[];
}

const forClaim = (
  claim: PersistentVolumeClaim,
  { named, volumes = [], storageClass, defaultClass, consumers = [] }: Facts = {},
): readonly string[] =>
  reconcile({ of: "claim", claim, named, candidates: volumes, storageClass, defaultClass, consumers }).actions.map(said);
const forVolume = (volume: PersistentVolume, claim?: PersistentVolumeClaim): readonly string[] =>
  reconcile({ of: "volume", volume, claim }).actions.map(said);

/** What an action writes, in a line. */
function said(action: Action): string {
  switch (action.verb) {
    case "update": {
      const { spec } = action.object as PersistentVolume & PersistentVolumeClaim;
      const parts = [
        ...(spec.claimRef === undefined ? [] : [`claim=${spec.claimRef.name}/${spec.claimRef.uid ?? "?"}`]),
        ...(spec.volumeName === undefined ? [] : [`volume=${spec.volumeName}`]),
        ...(spec.storageClassName === undefined ? [] : [`class=${spec.storageClassName}`]),
        ...Object.keys(action.object.metadata.annotations ?? {}).map((key) => key.slice(key.indexOf("/") + 1)),
      ];
      return `${action.kind.kind} ${action.object.metadata.name}: ${parts.join(" ")}`;
    }
    case "updateStatus": {
      const { status } = action.object as PersistentVolumeClaim;
      return `${action.kind.kind} ${action.object.metadata.name} is ${status.phase}${status.capacity === undefined ? "" : ` ${status.capacity["storage"]}`}`;
    }
    case "event":
      return `${action.type} ${action.reason}: ${action.message}`;
    default:
      return action.verb;
  }
}

test.each<readonly [string, Parameters<typeof aClaim>[1], readonly PersistentVolume[], string | undefined]>([
  [
    "the smallest that is large enough",
    { size: "2Gi" },
    [aVolume("big", { size: "9Gi" }), aVolume("small"), aVolume("fits", { size: "3Gi" })],
    "fits",
  ],
  [
    "fewer access modes before size",
    {},
    [aVolume("many", { modes: ["ReadWriteOnce", "ReadWriteMany"] }), aVolume("one", { size: "5Gi" })],
    "one",
  ],
  [
    "one that offers all modes",
    { modes: ["ReadWriteMany"] },
    [aVolume("one"), aVolume("many", { modes: ["ReadWriteOnce", "ReadWriteMany"] })],
    "many",
  ],
  ["one of its class", { className: "slow" }, [aVolume("fast"), aVolume("slow", { className: "slow" })], "slow"],
  [
    "one whose labels match",
    { selector: { matchLabels: { tier: "gold" } } },
    [aVolume("a"), aVolume("b", { labels: { tier: "gold" } })],
    "b",
  ],
  ["one of its mode", { volumeMode: "Block" }, [aVolume("files"), aVolume("block", { volumeMode: "Block" })], "block"],
  ["one reserved for it, though larger", {}, [aVolume("free"), aVolume("mine", { size: "9Gi", claimRef: { name: "data" } })], "mine"],
  ["none that is reserved for another", {}, [aVolume("theirs", { claimRef: { name: "other" } })], undefined],
  ["none that was of an earlier claim of the name", {}, [aVolume("old", { claimRef: { name: "data", uid: "gone" } })], undefined],
  ["none that is being deleted", {}, [aVolume("going", { deleting: true })], undefined],
  ["none that isn't available yet", {}, [aVolume("new", { phase: "Pending" })], undefined],
  ["none that is too small", { size: "1025Mi" }, [aVolume("small")], undefined],
])("a claim gets %s", (_rule, facts, volumes, expected) => {
  expect(bestVolume(aClaim("data", facts), volumes)?.metadata.name).toBe(expected);
  expect(bestVolume(aClaim("data", facts), volumes.toReversed())?.metadata.name).toBe(expected);
});

test("a claim and a volume are bound in steps: both point at one another, the volume is Bound, the claim is Bound", () => {
  const [claim, volume] = [aClaim("data"), aVolume("v", { size: "3Gi" })];
  expect(forClaim(claim, { volumes: [volume] })).toEqual([
    "PersistentVolume v: claim=data/data class=fast bound-by-controller",
    "PersistentVolumeClaim data: volume=v class=fast bound-by-controller bind-completed",
  ]);
  const pointed = aVolume("v", { size: "3Gi", claimRef: { name: "data", uid: "data" } });
  const pointing = aClaim("data", { volumeName: "v", annotations: { "pv.kubernetes.io/bind-completed": "yes" } });
  expect(forClaim(pointing, { named: pointed })).toEqual([]);
  expect(forVolume(pointed, pointing)).toEqual(["PersistentVolume v is Bound"]);
  const bound = aVolume("v", { size: "3Gi", phase: "Bound", claimRef: { name: "data", uid: "data" } });
  expect(forClaim(pointing, { named: bound })).toEqual(["PersistentVolumeClaim data is Bound 3Gi"]);
});

test("what a person wrote is not marked as a controller's", () => {
  const volume = aVolume("v", { claimRef: { name: "data" } });
  expect(forClaim(aClaim("data", { volumeName: "v" }), { named: volume })).toEqual([
    "PersistentVolume v: claim=data/data class=fast",
    "PersistentVolumeClaim data: volume=v class=fast bind-completed",
  ]);
});

test.each<readonly [string, PersistentVolume, string]>([
  ["too small", aVolume("v", { size: "1Mi" }), 'Warning VolumeMismatch: Cannot bind to requested volume "v": requested PV is too small'],
  [
    "of another class",
    aVolume("v", { className: "slow" }),
    'Warning VolumeMismatch: Cannot bind to requested volume "v": storageClassName does not match',
  ],
  [
    "of another mode",
    aVolume("v", { volumeMode: "Block" }),
    'Warning VolumeMismatch: Cannot bind to requested volume "v": incompatible volumeMode',
  ],
  [
    "not mountable so",
    aVolume("v", { modes: ["ReadOnlyMany"] }),
    'Warning VolumeMismatch: Cannot bind to requested volume "v": incompatible accessMode',
  ],
  [
    "of somebody else",
    aVolume("v", { claimRef: { name: "other" } }),
    'Warning FailedBinding: volume "v" already bound to a different claim.',
  ],
])("a claim that names a volume that is %s waits, and says why", (_what, named, expected) => {
  expect(forClaim(aClaim("data", { volumeName: "v" }), { named })).toEqual([expected]);
});

test.each<readonly [string, PersistentVolumeClaim, Facts, readonly string[]]>([
  [
    "no class at all",
    aClaim("data", { className: "" }),
    {},
    ["Normal FailedBinding: no persistent volumes available for this claim and no storage class is set"],
  ],
  [
    "the default class, now that there is one",
    aClaim("data", { className: null }),
    { defaultClass: aClass("std") },
    ["PersistentVolumeClaim data: class=std"],
  ],
  ["a class that isn't there", aClaim("data"), {}, ['Warning ProvisioningFailed: storageclass.storage.k8s.io "fast" not found']],
  [
    "a class whose volumes people make",
    aClaim("data"),
    { storageClass: aClass("fast", { provisioner: "kubernetes.io/no-provisioner" }) },
    ["Warning ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner"],
  ],
  [
    "a class with a provisioner, which is told",
    aClaim("data"),
    { storageClass: aClass("fast") },
    ["PersistentVolumeClaim data: class=fast storage-provisioner storage-provisioner"],
  ],
  [
    "the first consumer",
    aClaim("data"),
    { storageClass: aClass("fast", { volumeBindingMode: "WaitForFirstConsumer" }) },
    ["Normal WaitForFirstConsumer: waiting for first consumer to be created before binding"],
  ],
  [
    "its consumers to get a node",
    aClaim("data"),
    {
      storageClass: aClass("fast", { volumeBindingMode: "WaitForFirstConsumer" }),
      consumers: [aPod("b"), aPod("a"), aPod("c", { node: "n" })],
    },
    ["Normal WaitForPodScheduled: waiting for pods a,b to be scheduled"],
  ],
])("a claim without a volume waits for %s", (_what, claim, facts, expected) => {
  expect(forClaim(claim, facts)).toEqual(expected);
});

test("a claim that waits for its consumer takes no free volume, but one that the scheduler reserved for it", () => {
  const storageClass = aClass("fast", { volumeBindingMode: "WaitForFirstConsumer" });
  expect(forClaim(aClaim("data"), { storageClass, volumes: [aVolume("free")] })[0]).toMatch("WaitForFirstConsumer");
  const reserved = aVolume("mine", { claimRef: { name: "data", uid: "data" } });
  expect(forClaim(aClaim("data"), { storageClass, volumes: [reserved] })).toEqual([
    "PersistentVolumeClaim data: volume=mine class=fast bound-by-controller bind-completed",
  ]);
});

test.each<readonly [string, Facts, string]>([
  ["was deleted", {}, "Warning ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!"],
  [
    "belongs to another",
    { named: aVolume("v", { claimRef: { name: "other", uid: "other" } }) },
    "Warning ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly",
  ],
])("a bound claim whose volume %s is lost, and says so once", (_what, facts, expected) => {
  const annotations = { "pv.kubernetes.io/bind-completed": "yes" };
  const claim = aClaim("data", { volumeName: "v", annotations, status: { phase: "Bound", capacity: { storage: "1Gi" } } });
  expect(forClaim(claim, facts)).toEqual(["PersistentVolumeClaim data is Lost", expected]);
  expect(forClaim(aClaim("data", { volumeName: "v", annotations, status: { phase: "Lost" } }), facts)).toEqual([]);
});

test.each<readonly [string, PersistentVolume, readonly string[]]>([
  [
    "is released",
    aVolume("v", { phase: "Bound", claimRef: { name: "data", uid: "gone" } }),
    ["confirmGone", "PersistentVolume v is Released"],
  ],
  ["is kept", aVolume("v", { phase: "Released", claimRef: { name: "data", uid: "gone" } }), []],
  [
    "is left to its provisioner",
    aVolume("v", {
      phase: "Released",
      policy: "Delete",
      claimRef: { name: "data", uid: "gone" },
      annotations: { "pv.kubernetes.io/provisioned-by": "p" },
    }),
    [],
  ],
  [
    "fails when nobody can delete it",
    aVolume("v", { phase: "Released", policy: "Delete", claimRef: { name: "data", uid: "gone" } }),
    [
      "PersistentVolume v is Failed",
      'Warning VolumeFailedDelete: error getting deleter volume plugin for volume "v": no deletable volume plugin matched',
    ],
  ],
  [
    "is not recycled",
    aVolume("v", { phase: "Released", policy: "Recycle", claimRef: { name: "data", uid: "gone" } }),
    ["PersistentVolume v is Failed", "Warning VolumeFailedRecycle: No recycler plugin found for the volume!"],
  ],
])("a volume whose claim is gone %s", (_what, volume, expected) => {
  expect(forVolume(volume)).toEqual(expected);
  // Another claim that took the name is another claim.
  expect(forVolume(volume, aClaim("data"))).toEqual(expected);
});

test("a volume that nobody has is Available, also while it is reserved for a claim that has not come", () => {
  expect(forVolume(aVolume("v", { phase: "Pending" }))).toEqual(["PersistentVolume v is Available"]);
  expect(forVolume(aVolume("v", { phase: "Pending", claimRef: { name: "data" } }))).toEqual(["PersistentVolume v is Available"]);
});

test("a volume whose claim got another one is free again: of a person's reservation the name stays", () => {
  const claim = aClaim("data", { volumeName: "other" });
  const claimRef = { name: "data", uid: "data" };
  expect(forVolume(aVolume("v", { claimRef, annotations: { "pv.kubernetes.io/bound-by-controller": "yes" } }), claim)).toEqual([
    "PersistentVolume v: class=fast",
  ]);
  expect(forVolume(aVolume("v", { claimRef }), claim)).toEqual(["PersistentVolume v: claim=data/? class=fast"]);
  const made = aVolume("v", { claimRef, policy: "Delete", phase: "Bound", annotations: { "pv.kubernetes.io/provisioned-by": "p" } });
  expect(forVolume(made, claim)).toEqual(["PersistentVolume v is Released"]);
});
