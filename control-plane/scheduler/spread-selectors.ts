import type { Pod, ReplicaSet, ReplicationController, Service, StatefulSet } from "@kubets/api";
import type { Lister } from "@kubets/client";
import { type LabelRequirements, labelRequirements, type LabelSelector } from "@kubets/machinery";

export interface SpreadSources {
  readonly services: Pick<Lister<Service>, "list">;
  readonly replicationControllers: Pick<Lister<ReplicationController>, "get">;
  readonly replicaSets: Pick<Lister<ReplicaSet>, "get">;
  readonly statefulSets: Pick<Lister<StatefulSet>, "get">;
}

/** Which Pods are a Pod's like, when it doesn't say itself among whom it is to be spread. */
export interface SpreadSelector {
  readonly requirements: LabelRequirements;
  /** The same for the same requirements. */
  readonly text: string;
}

/**
 * Tells by which labels the Pods are known that belong together with a Pod: those by which the Services that lead to it, and the
 * ReplicaSet, ReplicationController or StatefulSet that controls it, select theirs.
 */
export class SpreadSelectors {
  #sources: SpreadSources | undefined;
  #services: readonly Service[] | undefined;
  /** By namespace and the first label that they select. */
  #byLabel: ReadonlyMap<string, readonly Service[]> = new Map();

  /** Until then no Pod has its like. */
  follow(sources: SpreadSources): void {
    this.#sources = sources;
  }

  /** `undefined` for a Pod that belongs to nobody. */
  of(pod: Pod): SpreadSelector | undefined {
    if (this.#sources === undefined) return undefined;
    const { labels = {}, namespace = "" } = pod.metadata;
    const selected: Record<string, string> = {};
    for (const { spec } of this.#servicesFor(namespace, labels))
      if (Object.entries(spec.selector ?? {}).every(([key, value]) => labels[key] === value)) Object.assign(selected, spec.selector);
    const owner = this.#selectorOfOwner(pod, this.#sources);
    const selector: LabelSelector = { ...owner, matchLabels: { ...selected, ...owner?.matchLabels } };
    const requirements = labelRequirements(selector);
    return requirements.length === 0 ? undefined : { requirements, text: JSON.stringify(requirements) };
  }

  #selectorOfOwner({ metadata }: Pod, sources: SpreadSources): LabelSelector | undefined {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner === undefined) return undefined;
    const key = `${metadata.namespace ?? ""}/${owner.name}`;
    switch (owner.kind) {
      case "ReplicaSet":
        return sources.replicaSets.get(key)?.spec.selector;
      case "StatefulSet":
        return sources.statefulSets.get(key)?.spec.selector;
      case "ReplicationController": {
        const matchLabels = sources.replicationControllers.get(key)?.spec.selector;
        return matchLabels && { matchLabels };
      }
      default:
        return undefined;
    }
  }

  /** Those that might select what has these labels. */
  #servicesFor(namespace: string, labels: Readonly<Record<string, string>>): readonly Service[] {
    // The same array while nothing changes.
    const services = this.#sources!.services.list();
    if (services !== this.#services) {
      this.#services = services;
      const selecting = services.filter(({ spec }) => Object.keys(spec.selector ?? {}).length > 0);
      this.#byLabel = Map.groupBy(selecting, ({ metadata, spec }) => labelKey(metadata.namespace, Object.entries(spec.selector!)[0]!));
    }
    return Object.entries(labels).flatMap((label) => this.#byLabel.get(labelKey(namespace, label)) ?? []);
  }
}

function labelKey(namespace = "", [key, value]: readonly [string, string]): string {
  return `${namespace}/${key}=${value}`;
}
