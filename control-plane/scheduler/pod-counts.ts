import type { PodInfo } from "./pod-info.ts";
import { RecentlyUsed } from "./recently-used.ts";

/** What is counted. */
export interface Counted {
  /** What each Pod counts for: a whole number, 0 for most. */
  readonly weigh: (pod: PodInfo) => number;
  /** What all Pods have that count for something: the others aren't even asked. */
  readonly among: Among;
  /** What a Pod counts for may change while nothing of the Pod does. */
  readonly isVolatile?: boolean;
}

/** Pods with a label in a namespace, Pods that say which others they want near or away, or all. */
export type Among = { readonly namespace: string; readonly label: readonly [key: string, value: string] } | "affine" | "all";

/** Shows all Pods that are on nodes. */
export type EachPod = (visit: (slot: number, pod: PodInfo) => void) => void;

/** Counts Pods on each node. It is kept up to date Pod by Pod as long as somebody {@link follow}s it now and then. */
export class PodCounter {
  /** By slot. */
  values: Int32Array = new Int32Array(0);
  /** Another number whenever everything was counted again. */
  version = 0;
  readonly counted: Counted;
  readonly #follow: (counter: PodCounter) => void;

  constructor(counted: Counted, follow: (counter: PodCounter) => void) {
    this.counted = counted;
    this.#follow = follow;
  }

  /** Whoever reads the values does it first: what nobody has asked for in a long time isn't kept up to date. */
  follow(): void {
    this.#follow(this);
  }
}

/** All counts of Pods that somebody keeps asking for. */
export class PodCounts {
  readonly #eachPod: EachPod;
  readonly #counters: RecentlyUsed<PodCounter>;
  readonly #among = new Map<string, Set<PodCounter>>();
  #capacity = 0;

  /** Bounds the memory that counts take: one number for each counter and node. */
  constructor(eachPod: EachPod, maximumCounts = 4_000_000) {
    this.#eachPod = eachPod;
    this.#counters = new RecentlyUsed(
      () => maximumCounts / this.#capacity,
      (counter) => this.#forget(counter),
    );
  }

  /** The counter that is known by a key; the same for the same key, as long as somebody follows it. */
  of(key: string, counted: () => Counted): PodCounter {
    const known = this.#counters.get(key);
    if (known !== undefined) return known;
    const counter = new PodCounter(counted(), (each) => {
      if (this.#counters.get(key) !== each) this.#keep(key, each);
      else if (each.counted.isVolatile === true) this.#recount(each);
    });
    this.#keep(key, counter);
    return counter;
  }

  /** A Pod has come to a node, or has left it. */
  count(slot: number, pod: PodInfo, sign: 1 | -1): void {
    if (this.#among.size === 0) return;
    const { namespace = "", labels = {} } = pod.pod.metadata;
    for (const label of Object.entries(labels)) this.#countAmong(labelled(namespace, ...label), slot, pod, sign);
    if (isAffine(pod)) this.#countAmong("affine", slot, pod, sign);
    this.#countAmong("all", slot, pod, sign);
  }

  /** Makes room for slots below `capacity`. */
  grow(capacity: number): void {
    this.#capacity = capacity;
    for (const counters of this.#among.values()) {
      for (const counter of counters) {
        const larger = new Int32Array(capacity);
        larger.set(counter.values);
        counter.values = larger;
      }
    }
  }

  #countAmong(among: string, slot: number, pod: PodInfo, sign: 1 | -1): void {
    const counters = this.#among.get(among);
    if (counters !== undefined) for (const { values, counted } of counters) values[slot]! += sign * counted.weigh(pod);
  }

  #keep(key: string, counter: PodCounter): void {
    this.#counters.put(key, counter);
    const among = nameOf(counter.counted.among);
    this.#among.set(among, (this.#among.get(among) ?? new Set()).add(counter));
    this.#recount(counter);
  }

  #forget(counter: PodCounter): void {
    const among = nameOf(counter.counted.among);
    const counters = this.#among.get(among);
    counters?.delete(counter);
    if (counters?.size === 0) this.#among.delete(among);
  }

  #recount(counter: PodCounter): void {
    const values = new Int32Array(this.#capacity);
    this.#eachPod((slot, pod) => (values[slot]! += counter.counted.weigh(pod)));
    counter.values = values;
    counter.version++;
  }
}

function nameOf(among: Among): string {
  return typeof among === "string" ? among : labelled(among.namespace, ...among.label);
}

/** Whether a Pod has a say in where other Pods are. */
export function isAffine({ pod: { spec } }: PodInfo): boolean {
  return spec.affinity?.podAffinity !== undefined || spec.affinity?.podAntiAffinity !== undefined;
}

function labelled(namespace: string, key: string, value: string): string {
  return `${namespace}/${key}=${value}`;
}
