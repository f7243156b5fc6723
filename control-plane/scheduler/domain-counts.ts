import type { Grouping } from "./framework.ts";
import type { PodCounter } from "./pod-counts.ts";
import type { Snapshot } from "./snapshot.ts";

/** Which nodes are in which domain of a topology: those with one value of a label are together. */
export class Topology {
  /** By slot: a number for each domain, from 0; -1 for nodes that are in none. */
  domainOf: Int32Array = new Int32Array(0);
  /** By domain. */
  nodesIn: readonly number[] = [];
  readonly #snapshot: Snapshot;
  readonly #key: string;
  #epoch = -1;

  constructor(snapshot: Snapshot, key: string) {
    this.#snapshot = snapshot;
    this.#key = key;
  }

  /** Another number when nodes have changed their domains. */
  follow(): number {
    const { topologyEpoch } = this.#snapshot;
    if (topologyEpoch !== this.#epoch) this.#read();
    this.#epoch = topologyEpoch;
    return topologyEpoch;
  }

  #read(): void {
    const domains = new Map<string, number>();
    const nodesIn: number[] = [];
    this.domainOf = new Int32Array(this.#snapshot.generation.values.length).fill(-1);
    for (const slot of this.#snapshot.nodeSlots()) {
      const value = this.#snapshot.node(slot)!.metadata.labels?.[this.#key];
      if (value === undefined) continue;
      const domain = domains.get(value) ?? domains.size;
      domains.set(value, domain);
      this.domainOf[slot] = domain;
      nodesIn[domain] = (nodesIn[domain] ?? 0) + 1;
    }
    this.nodesIn = nodesIn;
  }
}

/** What a counter counts in each domain of a topology. It follows what changes. */
export class DomainCounts {
  /** Domains in which some node counts. */
  domains = 0;
  /** In all domains together. */
  total = 0;
  readonly #snapshot: Snapshot;
  readonly #topology: Topology;
  readonly #counter: PodCounter;
  readonly #includes: ((slot: number) => boolean) | undefined;
  /** By domain: the count, and on how many nodes it is of. */
  #sums: number[] = [];
  #nodes: number[] = [];
  /** By slot: what stands in the sums; and whether the node counts. */
  #counted = new Int32Array(0);
  #included = new Uint8Array(0);
  #topologyEpoch = -1;
  #version = -1;
  #position = -1;
  #epoch = 0;
  /** Of the sums of the domains in which some node counts, as far as it is known. */
  #least: number | undefined;

  /** Nodes that are not included by `includes`, which may ask the Node alone, don't count. */
  constructor(snapshot: Snapshot, topologyKey: string, counter: PodCounter, includes?: (slot: number) => boolean) {
    this.#snapshot = snapshot;
    this.#topology = snapshot.topology(topologyKey);
    this.#counter = counter;
    this.#includes = includes;
    this.follow();
  }

  /** Brings the counts up to date. Another number when answers changed of nodes for which the journal has no entry. */
  follow(): number {
    const { journal } = this.#snapshot;
    this.#counter.follow();
    const topologyEpoch = this.#topology.follow();
    if (topologyEpoch !== this.#topologyEpoch || this.#counter.version !== this.#version || !journal.tells(this.#position)) {
      this.#topologyEpoch = topologyEpoch;
      this.#version = this.#counter.version;
      this.#epoch++;
      this.#countAll();
    } else if (this.#position !== journal.end) {
      for (let position = this.#position; position < journal.end; position++) this.#count(journal.at(position));
    }
    this.#position = journal.end;
    return this.#epoch;
  }

  hasDomain(slot: number): boolean {
    return this.#topology.domainOf[slot]! >= 0;
  }

  /** How many are in the domain of a node; also while some Pods of this very node are supposed to be gone, or others to be there. */
  around(slot: number): number {
    const domain = this.#topology.domainOf[slot]!;
    return domain < 0 ? 0 : this.#sums[domain]! + this.#change(slot);
  }

  /** The count of the emptiest domain in which some node counts, with what is supposed of a node; Infinity when there is none. */
  leastBeside(slot: number): number {
    if (this.#change(slot) === 0) return (this.#least ??= this.#findLeast(-1, 0));
    return this.#findLeast(this.#topology.domainOf[slot]!, this.around(slot));
  }

  /**
   * Nodes of one group have the same answer to whatever is asked of their domain, always. Which group a node is in changes only with what
   * is on it: nodes that are alone in their domains are together with those that have the same count.
   */
  readonly groupOf: Grouping = (slot) => {
    const domain = this.#topology.domainOf[slot]!;
    if (domain < 0) return 0;
    return this.#topology.nodesIn[domain] === 1 ? 2 * this.#sums[domain]! + 1 : 2 * domain + 2;
  };

  #change(slot: number): number {
    return this.#included[slot] === 1 ? this.#counter.values[slot]! - this.#counted[slot]! : 0;
  }

  #countAll(): void {
    const { domainOf, nodesIn } = this.#topology;
    this.#sums = nodesIn.map(() => 0);
    this.#nodes = nodesIn.map(() => 0);
    this.#counted = new Int32Array(domainOf.length);
    this.#included = new Uint8Array(domainOf.length);
    this.total = 0;
    for (const slot of this.#snapshot.nodeSlots()) {
      if (domainOf[slot]! < 0 || this.#includes?.(slot) === false) continue;
      this.#included[slot] = 1;
      this.#nodes[domainOf[slot]!]!++;
      this.#count(slot);
    }
    this.domains = this.#nodes.filter((nodes) => nodes > 0).length;
    this.#least = undefined;
  }

  #count(slot: number): void {
    const change = this.#change(slot);
    if (change === 0) return;
    this.#least = undefined;
    this.#counted[slot]! += change;
    this.#sums[this.#topology.domainOf[slot]!]! += change;
    this.total += change;
  }

  /** Where one of the domains has another count than its sum. */
  #findLeast(other: number, count: number): number {
    let least = Infinity;
    for (let domain = 0; domain < this.#sums.length; domain++) {
      if (this.#nodes[domain]! > 0) least = Math.min(least, domain === other ? count : this.#sums[domain]!);
    }
    return least;
  }
}
