import type { Pod, PodAffinityTerm } from "@kubets/api";
import { labelRequirements, matchesLabels } from "@kubets/machinery";
import type { Snapshot } from "../../snapshot.ts";

/** A term of affinity or anti-affinity of a Pod: which Pods it speaks of, and what is near. */
export interface Term {
  readonly topologyKey: string;
  readonly matches: (pod: Pod) => boolean;
}

/** Reads the terms of `owner`. Namespaces that a selector names are those that have its labels now. */
export function termsOf(owner: Pod, terms: readonly PodAffinityTerm[] | undefined, snapshot: Snapshot): readonly Term[] {
  return (terms ?? []).map(({ topologyKey, labelSelector, namespaces = [], namespaceSelector }) => {
    const labels = labelSelector === undefined ? undefined : labelRequirements(labelSelector);
    const namespaceLabels = namespaceSelector === undefined ? undefined : labelRequirements(namespaceSelector);
    const isOwnOnly = namespaces.length === 0 && namespaceLabels === undefined;
    const isNear = (namespace: string): boolean => {
      if (isOwnOnly) return namespace === owner.metadata.namespace;
      if (namespaces.includes(namespace)) return true;
      return namespaceLabels !== undefined && matchesLabels(namespaceLabels, snapshot.namespaceLabels(namespace));
    };
    const matches = ({ metadata }: Pod): boolean =>
      labels !== undefined && matchesLabels(labels, metadata.labels) && isNear(metadata.namespace ?? "");
    return { topologyKey, matches };
  });
}

/** How many there are of something in each domain of a topology. */
export class DomainCounts {
  readonly #snapshot: Snapshot;
  readonly #topologyKey: string;
  readonly #countOn: (slot: number) => number;
  readonly #counts = new Map<string, number>();
  readonly #counted = new Map<number, number>();

  constructor(snapshot: Snapshot, topologyKey: string, countOn: (slot: number) => number) {
    this.#snapshot = snapshot;
    this.#topologyKey = topologyKey;
    this.#countOn = countOn;
    for (const slot of snapshot.nodeSlots()) {
      const domain = this.domainOf(slot);
      if (domain === undefined) continue;
      const count = countOn(slot);
      if (count === 0) continue;
      this.#counted.set(slot, count);
      this.#counts.set(domain, (this.#counts.get(domain) ?? 0) + count);
    }
  }

  /** There was nothing anywhere. */
  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  domainOf(slot: number): string | undefined {
    return this.#snapshot.node(slot)?.metadata.labels?.[this.#topologyKey];
  }

  /** How many there are in the domain of a node, if some Pods of this node came or went since: only it is counted again. */
  around(slot: number): number {
    const domain = this.domainOf(slot);
    if (domain === undefined) return 0;
    return (this.#counts.get(domain) ?? 0) - (this.#counted.get(slot) ?? 0) + this.#countOn(slot);
  }
}

export function countPods(snapshot: Snapshot, slot: number, matches: (pod: Pod) => boolean): number {
  let count = 0;
  for (const { pod } of snapshot.podsOn(slot).values()) if (matches(pod)) count++;
  return count;
}
