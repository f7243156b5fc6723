import type { CSINode, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from "@kubets/api";
import type { Lister, ObjectKey } from "@kubets/client";
import type { VolumePlan } from "./volume-plan.ts";

/** The objects that say where volumes are, as the caches have them. */
export interface VolumeObjects {
  readonly claims: Lister<PersistentVolumeClaim>;
  readonly volumes: Lister<PersistentVolume>;
  readonly classes: Lister<StorageClass>;
  /** By the names of their nodes. */
  readonly csiNodes: Lister<CSINode>;
}

/**
 * Claims and volumes as the scheduler sees them: what the caches show, and what Pods on their way to their nodes were promised. Two Pods
 * are never promised one volume.
 */
export class VolumeState {
  readonly #plans = new Map<ObjectKey, VolumePlan>();
  readonly #waiting = new Set<() => void>();
  #objects: VolumeObjects | undefined;

  /** Until then there are no claims, volumes or classes. */
  follow(objects: VolumeObjects): void {
    this.#objects = objects;
  }

  claim(key: ObjectKey): PersistentVolumeClaim | undefined {
    return this.#objects?.claims.get(key);
  }

  volume(name: string): PersistentVolume | undefined {
    return this.#objects?.volumes.get(name);
  }

  volumes(): readonly PersistentVolume[] {
    return this.#objects?.volumes.list() ?? [];
  }

  storageClass(name: string): StorageClass | undefined {
    return this.#objects?.classes.get(name);
  }

  /** What the drivers on a node say of themselves. */
  csiNode(node: string): CSINode | undefined {
    return this.#objects?.csiNodes.get(node);
  }

  /** Names of the volumes that are promised to a claim and don't say so yet. */
  promised(): ReadonlySet<string> {
    return new Set([...this.#plans.values()].flatMap(({ bindings }) => bindings.map(({ volume }) => volume.metadata.name)));
  }

  /** The node where the volume of a claim is about to be made. */
  selectedNode(claim: ObjectKey): string | undefined {
    for (const { node, provisions } of this.#plans.values()) if (provisions.some((key) => key === claim)) return node;
    return undefined;
  }

  /** Keeps what a Pod needs on its node, until the answered function is called. */
  promise(pod: ObjectKey, plan: VolumePlan): () => void {
    this.#plans.set(pod, plan);
    return () => {
      if (this.#plans.get(pod) === plan) this.#plans.delete(pod);
    };
  }

  /** What a Pod was promised is done, or can't be done. */
  fulfil(pod: ObjectKey): void {
    this.#plans.delete(pod);
  }

  planOf(pod: ObjectKey): VolumePlan | undefined {
    return this.#plans.get(pod);
  }

  /** Told after a claim, a volume, a node or a Pod has changed in the caches. */
  changed(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves when `holds` answers `true`: it is asked now and after every change. Rejects with what it throws, or when aborted. */
  async until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (holds()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      try {
        if (holds()) resolve();
      } catch (error) {
        reject(error);
      }
    };
    const aborted = (): void => reject(signal.reason);
    this.#waiting.add(look);
    signal.addEventListener("abort", aborted, { once: true });
    try {
      await promise;
    } finally {
      this.#waiting.delete(look);
      signal.removeEventListener("abort", aborted);
    }
  }
}

/** Whether a Pod uses volumes that stand on claims: its placement depends on more than itself and the nodes. */
export function usesClaims({ spec }: Pod): boolean {
  return (
    spec.volumes?.some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim !== undefined || ephemeral !== undefined) === true
  );
}
