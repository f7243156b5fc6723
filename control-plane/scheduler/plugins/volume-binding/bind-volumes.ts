import {
  isFullyBound,
  isReachableFrom,
  type PersistentVolume,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  reserveVolume,
  volumeAnnotations,
} from "@kubets/api";
import type { ObjectKey } from "@kubets/client";
import type { BindingContext } from "../../framework.ts";
import type { PodInfo } from "../../pod-info.ts";
import type { Snapshot } from "../../snapshot.ts";
import type { VolumePlan } from "../../volumes/volume-plan.ts";

/** How long (milliseconds) the binder and a provisioner may take. */
const longestWait = 600_000;

/**
 * Reserves volumes for a Pod's claims, tells provisioners where to make those that are missing, and waits until all are bound. Rejects
 * when that doesn't come about: the Pod is tried again, then perhaps on another node.
 */
export async function bindVolumes(pod: PodInfo, node: string, context: BindingContext): Promise<void> {
  const { snapshot, task, signal, clock } = context;
  const plan = snapshot.volumes.planOf(pod.key);
  if (plan === undefined) return;
  // Once all are bound the objects say so themselves.
  using _promise = { [Symbol.dispose]: () => snapshot.volumes.fulfil(pod.key) };
  if (plan.bindings.length + plan.provisions.length === 0) return;
  await writePlan(plan, node, context);
  const late = new AbortController();
  using _timer = clock.after(longestWait, () => late.abort(new Error("binding volumes: timed out waiting for the volumes to be bound")));
  const told = new Set<ObjectKey>();
  const allBound = (): boolean => isDone(plan, { pod, node, told }, snapshot);
  await task.idle(snapshot.volumes.until(allBound, AbortSignal.any([signal, late.signal])));
}

async function writePlan({ bindings, provisions }: VolumePlan, node: string, { client, signal, snapshot }: BindingContext): Promise<void> {
  for (const { volume, claim } of bindings) {
    const reserved = reserveVolume(volume, claim);
    if (reserved !== volume) await client.resource(PersistentVolumeKind).update(reserved, { signal });
  }
  for (const key of provisions) {
    const claim = snapshot.volumes.claim(key);
    if (claim === undefined) throw new Error(`binding volumes: persistentvolumeclaim ${JSON.stringify(key)} not found`);
    const { metadata } = claim;
    if (metadata.annotations?.[volumeAnnotations.selectedNode] === node) continue;
    const annotations = { ...metadata.annotations, [volumeAnnotations.selectedNode]: node };
    const claims = client.resource(PersistentVolumeClaimKind).in(metadata.namespace ?? "");
    await claims.update({ ...claim, metadata: { ...metadata, annotations } }, { signal });
  }
}

interface Placement {
  readonly pod: PodInfo;
  readonly node: string;
  /** The claims that the caches have shown with the node: filled in here. */
  readonly told: Set<ObjectKey>;
}

/** Whether the caches show all claims bound. Throws when they show that it won't come about. */
function isDone({ bindings, provisions }: VolumePlan, { pod, node: nodeName, told }: Placement, snapshot: Snapshot): boolean {
  const { volumes } = snapshot;
  // Not deleted meanwhile, nor replaced by another of its name.
  if (snapshot.pod(pod.key)?.pod.metadata.uid !== pod.pod.metadata.uid) throw new Error("binding volumes: pod does not exist any more");
  const slot = snapshot.slotOf(nodeName);
  if (slot === undefined) throw new Error(`binding volumes: node ${JSON.stringify(nodeName)} not found`);
  const node = snapshot.node(slot)!;
  const mustBeReachable = (volume: PersistentVolume): void => {
    if (!isReachableFrom(volume, node))
      throw new Error(`binding volumes: pv "${volume.metadata.name}" node affinity doesn't match node "${nodeName}"`);
  };
  const isBound = (key: ObjectKey): boolean => {
    const claim = volumes.claim(key);
    if (claim === undefined) throw new Error(`binding volumes: persistentvolumeclaim ${JSON.stringify(key)} not found`);
    const volume = volumes.volume(claim.spec.volumeName ?? "");
    if (volume !== undefined) mustBeReachable(volume);
    return isFullyBound(claim) && volume !== undefined;
  };
  const areReserved = bindings.every(({ claim: { metadata } }) => isBound(`${metadata.namespace ?? ""}/${metadata.name}`));
  const areMade = provisions.every((key) => {
    const selected = volumes.claim(key)?.metadata.annotations?.[volumeAnnotations.selectedNode];
    // A provisioner that can't make the volume there takes the node away again.
    if (selected !== nodeName && (selected !== undefined || told.has(key)))
      throw new Error(`binding volumes: provisioning failed for PVC ${JSON.stringify(key)}`);
    if (selected === nodeName) told.add(key);
    return isBound(key);
  });
  return areReserved && areMade;
}
