import type { LabelRequirements } from "@kubets/machinery";
import type { NodeScorer } from "../../framework.ts";
import type { PodInfo } from "../../pod-info.ts";
import type { Snapshot } from "../../snapshot.ts";
import { countPods } from "./domains.ts";

const zoneLabel = "topology.kubernetes.io/zone";
const hostLabel = "kubernetes.io/hostname";
/** Upstream's constraints of Pods that have none. They are soft: their skews only shift all scores alike. */
const maxSkews = { host: 3, zone: 5 };

/**
 * Prefers nodes and zones with fewer of the Pods that belong together with a Pod: what a Pod without constraints of its own is scored by
 * (upstream's system defaults). Costs what has changed since the last Pod of its kind, and a new look at every node where there are several
 * zones. Where all nodes are in one, what is said of it would be said of all of them.
 */
export function defaultSpreadScorer({ pod }: PodInfo, snapshot: Snapshot): NodeScorer | undefined {
  const selector = snapshot.spreading.of(pod);
  if (selector === undefined) return undefined;
  const counts = new Counts(snapshot, selector.requirements, pod.metadata.namespace);
  const skews = maxSkews.host - 1 + maxSkews.zone - 1;
  return {
    scope: "usage",
    normalize: "lowest",
    epoch: () => counts.followZones(),
    score(slot) {
      const labels = snapshot.node(slot)!.metadata.labels ?? {};
      const zone = labels[zoneLabel];
      const onHost = labels[hostLabel] === undefined ? 0 : counts.on(slot) * Math.log(snapshot.size + 2);
      const inZone = zone === undefined || counts.zones < 2 ? 0 : counts.inZone(zone) * Math.log(counts.zones + 2);
      return Math.round(onHost + inZone + skews);
    },
  };
}

/** How many Pods there are of a kind, by node and by zone. */
class Counts {
  readonly #snapshot: Snapshot;
  readonly #requirements: LabelRequirements;
  readonly #namespace: string | undefined;
  /** By slot, what stands in the zones' counts. */
  readonly #counted = new Map<number, { readonly zone: string; readonly count: number }>();
  readonly #zones = new Map<string, { nodes: number; count: number }>();
  #position = -1;
  #epoch = 0;

  constructor(snapshot: Snapshot, requirements: LabelRequirements, namespace: string | undefined) {
    this.#snapshot = snapshot;
    this.#requirements = requirements;
    this.#namespace = namespace;
    this.followZones();
  }

  get zones(): number {
    return this.#zones.size;
  }

  on(slot: number): number {
    return countPods(this.#snapshot, slot, this.#requirements, this.#namespace);
  }

  inZone(zone: string): number {
    return this.#zones.get(zone)?.count ?? 0;
  }

  /** Counts again where something changed. Another number when zones have changed since. */
  followZones(): number {
    const { journal } = this.#snapshot;
    if (this.#position < 0 || !journal.tells(this.#position)) {
      for (let slot = 0; slot < this.#snapshot.slots; slot++) this.#count(slot);
    } else {
      for (let position = this.#position; position < journal.end; position++) this.#count(journal.at(position));
    }
    this.#position = journal.end;
    return this.#epoch;
  }

  #count(slot: number): void {
    const zone = this.#snapshot.node(slot)?.metadata.labels?.[zoneLabel];
    const count = zone === undefined ? 0 : this.on(slot);
    const before = this.#counted.get(slot);
    if (before?.zone === zone && (before?.count ?? 0) === count) return;
    const zones = this.#zones.size;
    if (before !== undefined) this.#add(before.zone, -1, -before.count);
    if (zone === undefined) this.#counted.delete(slot);
    else {
      this.#counted.set(slot, { zone, count });
      this.#add(zone, 1, count);
    }
    if (zones !== this.#zones.size || zones > 1) this.#epoch++;
  }

  #add(zone: string, nodes: number, count: number): void {
    const known = this.#zones.get(zone) ?? { nodes: 0, count: 0 };
    known.nodes += nodes;
    known.count += count;
    if (known.nodes === 0) this.#zones.delete(zone);
    else this.#zones.set(zone, known);
  }
}
