import { type PersistentVolume, type PersistentVolumeClaim, PersistentVolumeClaimKind, PersistentVolumeKind } from "@kubets/api";
import { createClient, createInformers, createInProcessTransport, type ResourceClient } from "@kubets/client";
import { type KubernetesObject, type Random, seededRandom, silent, unmeasured } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";
import { runControllerManager } from "../controller-manager.ts";
import { persistentVolumeProtection } from "../persistentvolume-protection/index.ts";
import { persistentVolumeClaimProtection } from "../persistentvolumeclaim-protection/index.ts";
import { unreliable } from "../testing/unreliable-server.ts";
import { persistentVolumeBinder } from "./index.ts";

interface Binder {
  stop(): Promise<void>;
}

/** A binder that hears of the cluster by way of {@link unreliable}. */
function startBinder(cluster: Cluster, random: Random): Binder {
  const handle = unreliable(cluster.controlPlane.apiServer.handle, random);
  const surroundings = { clock: cluster.clock, random, tasks: cluster.tasks, logger: silent, metrics: unmeasured };
  const clientFor = (name: string) =>
    createClient(createInProcessTransport({ handle, peer: { via: "in-process", user: { name, groups: [] } }, tasks: cluster.tasks }));
  const informers = createInformers({ ...surroundings, client: clientFor("system:kube-controller-manager") });
  const manager = runControllerManager({
    ...surroundings,
    informers,
    controllers: [persistentVolumeBinder, persistentVolumeClaimProtection, persistentVolumeProtection],
    clientFor: ({ name }) => clientFor(name),
  });
  return { stop: async () => void (await manager.stop(), await informers.stop()) };
}

/** Follows every revision of claims and volumes, and says what was wrong at which. */
class Watcher {
  readonly wrong: string[] = [];
  /** How often a claim became bound. */
  bindings = 0;
  readonly #claims = new Map<string, PersistentVolumeClaim>();
  readonly #volumes = new Map<string, PersistentVolume>();

  claim(type: string, claim: PersistentVolumeClaim): void {
    const { name, uid, resourceVersion } = claim.metadata;
    const before = this.#claims.get(name);
    if (type === "DELETED") this.#claims.delete(name);
    else this.#claims.set(name, claim);
    if (claim.status.phase === "Bound" && before?.status.phase !== "Bound") this.bindings++;
    const had = before?.metadata.uid === uid ? (before.spec.volumeName ?? "") : "";
    if (had !== "" && claim.spec.volumeName !== had)
      this.wrong.push(`${resourceVersion}: claim ${name} went from ${had} to ${claim.spec.volumeName}`);
    this.#check(resourceVersion);
  }

  volume(type: string, volume: PersistentVolume): void {
    const { name, uid, resourceVersion } = volume.metadata;
    const before = this.#volumes.get(name);
    if (type === "DELETED") this.#volumes.delete(name);
    else this.#volumes.set(name, volume);
    const had = before?.metadata.uid === uid ? (before.spec.claimRef?.uid ?? "") : "";
    const has = volume.spec.claimRef?.uid ?? "";
    if (had !== "" && has !== "" && had !== has) this.wrong.push(`${resourceVersion}: volume ${name} went from one claim to another`);
    this.#check(resourceVersion);
  }

  #check(revision: string): void {
    const bound = [...this.#claims.values()].filter(({ status }) => status.phase === "Bound");
    for (const twice of doubles(bound.map(({ spec }) => spec.volumeName ?? ""))) this.wrong.push(`${revision}: ${twice} has two claims`);
    const taken = [...this.#volumes.values()].filter(({ status }) => status.phase === "Bound");
    for (const twice of doubles(taken.map(({ spec }) => spec.claimRef?.uid ?? "")))
      this.wrong.push(`${revision}: ${twice} has two volumes`);
  }
}

function doubles(values: readonly string[]): readonly string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

async function follow<T extends KubernetesObject>(
  resource: ResourceClient<T>,
  told: (type: string, object: T) => void,
  signal: AbortSignal,
): Promise<void> {
  const { resourceVersion = "" } = (await resource.list()).metadata;
  for await (const batch of resource.watch({ resourceVersion, signal })) for (const { type, object } of batch) told(type, object);
}

const claimNames = ["a", "b", "c", "d"];
const volumeNames = ["v0", "v1", "v2", "v3", "v4"];

/** Something that people do to claims and volumes. What the server refuses, they don't do. */
async function meddle({ client }: Cluster, random: Random): Promise<void> {
  const claims = client.resource(PersistentVolumeClaimKind).in("default");
  const volumes = client.resource(PersistentVolumeKind);
  const one = <T>(values: readonly T[]): T => values[Math.floor(random.fraction() * values.length)]!;
  const [claim, volume, luck] = [one(claimNames), one(volumeNames), random.fraction()];
  const size = one(["1Gi", "2Gi"]);
  const ignore = (): void => {};
  if (luck < 0.35) {
    const named = random.fraction() < 0.2 ? { volumeName: volume } : {};
    const spec = { accessModes: ["ReadWriteOnce"], storageClassName: "", resources: { requests: { storage: size } }, ...named } as const;
    await claims.create({ metadata: { name: claim }, spec }).then(ignore, ignore);
  } else if (luck < 0.7) {
    const reserved = random.fraction() < 0.2 ? { claimRef: { namespace: "default", name: claim } } : {};
    const spec = { capacity: { storage: size }, accessModes: ["ReadWriteOnce"], hostPath: { path: `/${volume}` }, ...reserved } as const;
    await volumes.create({ metadata: { name: volume }, spec }).then(ignore, ignore);
  } else if (luck < 0.85) {
    await claims.delete(claim).then(ignore, ignore);
  } else if (luck < 0.93) {
    // An operator has looked at what a claim left, and gives the volume to the next one.
    const left = (await volumes.list()).items.find(({ status }) => status.phase === "Released");
    if (left !== undefined) await volumes.patch(left.metadata.name, { spec: { claimRef: null } }, { type: "merge" }).then(ignore, ignore);
  } else {
    await volumes.delete(volume).then(ignore, ignore);
  }
}

test.each([1, 2, 3, 4])(
  "whatever gets lost, and whoever restarts, no claim ever has two volumes and no volume two claims (seed %i)",
  async (seed) => {
    await using cluster = await startCluster({ nodes: 0, controllers: false, scheduler: false, seed });
    const random = seededRandom(seed * 1000);
    const watcher = new Watcher();
    const ended = new AbortController();
    const following = Promise.allSettled([
      follow(cluster.client.resource(PersistentVolumeClaimKind), (type, claim) => watcher.claim(type, claim), ended.signal),
      follow(cluster.client.resource(PersistentVolumeKind), (type, volume) => watcher.volume(type, volume), ended.signal),
    ]);
    await cluster.settle();
    // Two at once, without a leader: more than ever happens, and nothing but the server holds them apart.
    let binders = [startBinder(cluster, random), startBinder(cluster, random)];
    for (let round = 0; round < 50; round++) {
      for (let count = Math.floor(random.fraction() * 4); count >= 0; count--) await meddle(cluster, random);
      if (random.fraction() < 0.1) {
        await binders[0]!.stop();
        binders = [binders[1]!, startBinder(cluster, random)];
      }
      await cluster.clock.advance(Math.floor(random.fraction() * 2000));
    }
    await cluster.clock.advance("10m");
    for (const binder of binders) await binder.stop();

    // One that hears everything finds nothing left to do: each claim that could have a volume has one.
    const claims = (await cluster.client.resource(PersistentVolumeClaimKind).list()).items;
    const volumes = (await cluster.client.resource(PersistentVolumeKind).list()).items;
    const free = volumes.filter(
      ({ spec, status, metadata }) =>
        spec.claimRef === undefined && status.phase === "Available" && metadata.deletionTimestamp === undefined,
    );
    const waiting = claims.filter(({ spec, status }) => status.phase === "Pending" && (spec.volumeName ?? "") === "");
    const enough = waiting.filter(({ spec }) =>
      free.some((volume) => volume.spec.capacity!["storage"]! >= spec.resources.requests!["storage"]!),
    );
    expect(enough.map(({ metadata }) => metadata.name)).toEqual([]);
    for (const { metadata, spec, status } of claims) {
      if (status.phase !== "Bound") continue;
      expect(volumes.find(({ metadata: { name } }) => name === spec.volumeName)?.spec.claimRef?.uid).toBe(metadata.uid);
    }
    ended.abort(new Error("The test is over"));
    await following;
    expect(watcher.wrong).toEqual([]);
    expect(watcher.bindings).toBeGreaterThan(3);
  },
);
