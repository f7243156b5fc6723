import {
  type Event,
  EventKind,
  type PersistentVolume,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  requestedStorage,
  StorageClassKind,
  type VolumeAttributesClass,
  VolumeAttributesClassKind,
  volumeProtection,
} from "@kubets/api";
import { compareQuantities, type KubernetesObject } from "@kubets/machinery";
import { expect, test } from "vitest";
import { persistentVolumeExpander } from "../persistentvolume-expander/index.ts";
import { persistentVolumeProtection } from "../persistentvolume-protection/index.ts";
import { volumeAttributesClassProtection } from "../volumeattributesclass-protection/index.ts";
import { any, attempt, oneOf } from "./testing/acting.ts";
import { type Scenario, simulate, type World } from "./testing/simulate.ts";

const driver = "disks.example.com";
const accessModes = ["ReadWriteOnce" as const];
const letters = ({ random }: World): string => random.fraction().toString(36).slice(2, 8).padEnd(6, "0");

/** It asks for more than it has, and no driver has begun to see to it. */
function waitsForSpace(claim: PersistentVolumeClaim): boolean {
  const { phase, capacity = {}, conditions = [] } = claim.status;
  return phase === "Bound" && conditions.length === 0 && compareQuantities(requestedStorage(claim), capacity["storage"] ?? "0") > 0;
}

/** The claims that ever waited for space, by uid. */
const haveWaited = new WeakMap<World, Set<string>>();

/** Claims ask for more, and a driver gives it sooner or later: whoever waits is told so, and nobody else. */
const growth: Scenario = {
  controllers: () => [persistentVolumeExpander],
  cluster: { nodes: 0 },
  rounds: 120,
  follows: [any(PersistentVolumeClaimKind), any(EventKind)],
  async setUp(world) {
    haveWaited.set(world, new Set());
    await world.cluster.client
      .resource(StorageClassKind)
      .create({ metadata: { name: "elastic" }, provisioner: driver, allowVolumeExpansion: true });
  },
  async meddle(world) {
    const claims = world.cluster.client.resource(PersistentVolumeClaimKind).in("default");
    const luck = world.random.fraction();
    const claim = oneOf(world, world.of(PersistentVolumeClaimKind));
    if (luck < 0.3 || claim === undefined) {
      const name = `claim-${letters(world)}`;
      const storage = "1Gi";
      const spec = { accessModes, storageClassName: "elastic", volumeName: name, resources: { requests: { storage } } };
      const made = await claims.create({ metadata: { name }, spec });
      await claims.subresource(name, "status").update({ ...made, status: { phase: "Bound", capacity: { storage }, accessModes } });
      return;
    }
    const { name } = claim.metadata;
    const requested = requestedStorage(claim);
    if (luck < 0.6) {
      const storage = `${Number.parseInt(requested, 10) + 1}Gi`;
      await claims.patch(name, { spec: { resources: { requests: { storage } } } }, { type: "merge" });
      return;
    }
    const conditions = [{ type: "Resizing" as const, status: "True" as const }];
    const status = luck < 0.8 ? { ...claim.status, conditions } : { ...claim.status, capacity: { storage: requested }, conditions: [] };
    await attempt(claims.subresource(name, "status").update({ ...claim, status }), "Conflict");
  },
  check({ kind, object }, world) {
    const waited = haveWaited.get(world)!;
    if (kind.kind === "PersistentVolumeClaim" && object !== undefined) {
      if (waitsForSpace(object as PersistentVolumeClaim)) waited.add(object.metadata.uid);
      return undefined;
    }
    const { reason, involvedObject } = (object ?? {}) as Partial<Event>;
    return reason === "ExternalExpanding" && !waited.has(involvedObject?.uid ?? "") ? `${involvedObject?.name} never waited` : undefined;
  },
  async unreached({ cluster }) {
    const claims = (await cluster.client.resource(PersistentVolumeClaimKind).in("default").list()).items;
    const events = (await cluster.client.resource(EventKind).in("default").list()).items;
    const told = new Set(events.filter(({ reason }) => reason === "ExternalExpanding").map(({ involvedObject }) => involvedObject.uid));
    return claims.filter((claim) => waitsForSpace(claim) && !told.has(claim.metadata.uid)).map(({ metadata }) => metadata.name);
  },
};

const classNames = ["gold", "silver", "lead"] as const;
const isLeaving = ({ metadata }: KubernetesObject): boolean => metadata.deletionTimestamp !== undefined;
const holds = (object: KubernetesObject | undefined, finalizer: string): boolean =>
  object?.metadata.finalizers?.includes(finalizer) === true;
const isBound = ({ status }: PersistentVolume): boolean => status.phase === "Bound";

function usersOf(
  name: string,
  claims: readonly PersistentVolumeClaim[],
  volumes: readonly PersistentVolume[],
): readonly (PersistentVolumeClaim | PersistentVolume)[] {
  const wants = ({ spec, status }: PersistentVolumeClaim): boolean =>
    [spec.volumeAttributesClassName, status.currentVolumeAttributesClassName].includes(name);
  return [...claims.filter(wants), ...volumes.filter(({ spec }) => spec.volumeAttributesClassName === name)];
}

/** People delete volumes and classes that are in use, and take their protection away: it comes back, and what is used stays until it isn't. */
const inUse: Scenario = {
  controllers: () => [persistentVolumeProtection, volumeAttributesClassProtection],
  beside: ["persistentvolume-binder", "persistentvolumeclaim-protection"],
  cluster: { nodes: 0 },
  rounds: 120,
  follows: [any(PersistentVolumeKind), any(PersistentVolumeClaimKind), any(VolumeAttributesClassKind)],
  async setUp() {
    // People make what there is.
  },
  async meddle(world) {
    const { client } = world.cluster;
    const [volumes, claims] = [client.resource(PersistentVolumeKind), client.resource(PersistentVolumeClaimKind).in("default")];
    const classes = client.resource(VolumeAttributesClassKind);
    const luck = world.random.fraction();
    const className = oneOf(world, classNames);
    if (luck < 0.2) {
      const made = { metadata: { name: className }, driverName: driver, parameters: { tier: className } };
      return attempt(classes.create(made), "AlreadyExists");
    }
    if (luck < 0.4) return attempt(classes.delete(className), "NotFound");
    if (luck < 0.5) {
      const bare = oneOf(world, [...world.of(VolumeAttributesClassKind), ...world.of(PersistentVolumeKind)]);
      if (bare === undefined || isLeaving(bare)) return;
      const { name, resourceVersion } = bare.metadata;
      const change = { metadata: { resourceVersion, finalizers: null } };
      const kept = "driverName" in bare ? classes : volumes;
      return attempt(kept.patch(name, change, { type: "merge" }), "Conflict", "NotFound");
    }
    const claim = oneOf(world, world.of(PersistentVolumeClaimKind));
    if (luck < 0.6 && claim !== undefined) return attempt(claims.delete(claim.metadata.name), "NotFound");
    const volume = oneOf(world, world.of(PersistentVolumeKind));
    if (luck < 0.75 && volume !== undefined) return attempt(volumes.delete(volume.metadata.name), "NotFound");
    const name = `disk-${letters(world)}`;
    const size = { storage: "1Gi" };
    const common = { accessModes, storageClassName: "", volumeAttributesClassName: className };
    const csi = { driver, volumeHandle: name };
    // A claim may wait for its volume.
    if (world.random.fraction() < 0.3) await volumes.create({ metadata: { name }, spec: { ...common, capacity: size, csi } });
    await claims.create({ metadata: { name }, spec: { ...common, resources: { requests: size }, volumeName: name } });
  },
  check({ kind, object, previous }, world) {
    if (previous === undefined || !isLeaving(previous)) return undefined;
    const { name } = previous.metadata;
    if (kind.kind === "PersistentVolume") {
      const isReleased = holds(previous, volumeProtection.volume) && !holds(object, volumeProtection.volume);
      return isReleased && isBound(previous as PersistentVolume) ? `${name} went from beneath its claim` : undefined;
    }
    if (kind.kind !== "VolumeAttributesClass" || object !== undefined || !holds(previous, volumeProtection.attributesClass))
      return undefined;
    const users = usersOf(name, world.of(PersistentVolumeClaimKind), world.of(PersistentVolumeKind));
    return users.length > 0 ? `${name} went and is used by ${users.map(({ metadata }) => metadata.name).join()}` : undefined;
  },
  /** In the end nobody needs anything any more. */
  async calm({ cluster, of }) {
    const { client } = cluster;
    for (const { metadata } of of(PersistentVolumeClaimKind))
      await attempt(client.resource(PersistentVolumeClaimKind).in("default").delete(metadata.name), "NotFound");
    for (const { metadata } of of(PersistentVolumeKind))
      await attempt(client.resource(PersistentVolumeKind).delete(metadata.name), "NotFound");
  },
  async unreached({ cluster }) {
    const { client } = cluster;
    const volumes = (await client.resource(PersistentVolumeKind).list()).items;
    const claims = (await client.resource(PersistentVolumeClaimKind).in("default").list()).items;
    const classes: readonly VolumeAttributesClass[] = (await client.resource(VolumeAttributesClassKind).list()).items;
    const isUsed = ({ metadata }: VolumeAttributesClass): boolean => usersOf(metadata.name, claims, volumes).length > 0;
    return [
      ...volumes.filter((volume) => !holds(volume, volumeProtection.volume) || (isLeaving(volume) && !isBound(volume))),
      ...classes.filter((each) => !holds(each, volumeProtection.attributesClass) || (isLeaving(each) && !isUsed(each))),
    ].map(({ kind, metadata }) => [kind, metadata]);
  },
};

test.each(
  Object.entries({ "claims that grow": growth, "volumes and classes in use": inUse }).flatMap(([name, scenario]) =>
    [1, 2].map((seed) => [name, seed, scenario] as const),
  ),
)(
  "whatever gets lost and whoever restarts, %s keep their rules at every revision and get where they should (seed %i)",
  async (_, seed, scenario) => {
    const { revisions, ...findings } = await simulate(scenario, seed);
    expect(findings).toEqual({ wrong: [], unreached: [] });
    expect(revisions).toBeGreaterThan(30);
  },
);
