import type { Pod } from "@kubets/api";
import { type ObjectKey, objectKey } from "@kubets/client";
import type { Clock, Instant, Timer } from "@kubets/machinery";
import { type ClusterEvent, labelOf, podAdded, podParts } from "./cluster-events.ts";
import type { Plugin, QueueingHints, Rejection } from "./framework.ts";
import { Heap } from "./heap.ts";
import { type PodInfo, podInfo } from "./pod-info.ts";

/** A Pod on its way to a node, with its history in the queue. */
export interface QueuedPod {
  readonly pod: PodInfo;
  /** How often it was tried. */
  readonly attempts: number;
  /** When it last became ready to be tried. */
  readonly queuedAt: Instant;
  /** Tells apart what was queued at one moment. */
  readonly order: number;
  /** When the queue first saw it. */
  readonly arrivedAt: Instant;
}

type Place =
  /** A plugin keeps it out. */
  | { readonly kind: "gated"; readonly by: Rejection }
  | { readonly kind: "active" }
  /** Was tried only just before. */
  | { readonly kind: "backing off"; readonly until: Instant; readonly after: "rejection" | "error" }
  /** Waits for something that could help. */
  | { readonly kind: "unschedulable"; readonly rejectedBy: ReadonlySet<string>; readonly since: Instant }
  /** Was popped. Events from `firstEvent` on are news to it. */
  | { readonly kind: "in flight"; readonly firstEvent: number };

/** Where Pods wait to be tried. */
export type WaitingPlace = "active" | "backoff" | "unschedulable" | "gated";

/** What upstream's metrics call the events. */
const attemptFailure = "ScheduleAttemptFailure";

interface Postponed {
  readonly queued: QueuedPod;
  readonly until: Instant;
}

interface Entry {
  readonly queued: QueuedPod;
  readonly place: Place;
}

export interface QueueOptions {
  readonly clock: Clock;
  /** Of all profiles; the first that sorts, sorts. */
  readonly plugins: readonly Plugin[];
  /** Called when there is something to {@link SchedulingQueue.pop}. */
  readonly onReady: () => void;
  /** Called when a Pod comes into a place, with what brought it there, in the words of upstream's metrics. */
  readonly onIncoming?: (place: WaitingPlace, event: string) => void;
  /** Milliseconds. */
  readonly initialBackoff?: number;
  readonly maximumBackoff?: number;
  /** How long a Pod waits for an event before it is tried all the same, in case a hint was wrong. */
  readonly maximumWait?: number;
}

/**
 * Pods that have no node yet. Each is in one place: ready (best first), backing off, waiting for an event that could help, gated, or in
 * flight between {@link pop} and one of {@link reject}, {@link fail} and {@link done}.
 *
 * An event moves a waiting Pod when a plugin that rejected it says that the event could help. Events that come while a Pod is in flight
 * are kept for it, so none falls between a snapshot and a rejection.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #plugins: ReadonlyMap<string, Plugin>;
  readonly #onReady: () => void;
  readonly #onIncoming: NonNullable<QueueOptions["onIncoming"]>;
  readonly #initialBackoff: number;
  readonly #maximumBackoff: number;
  readonly #maximumWait: number;
  readonly #entries = new Map<ObjectKey, Entry>();
  readonly #active: Heap<QueuedPod>;
  /** Those that were rejected, and those that something went wrong with. */
  readonly #backingOff: Readonly<Record<"rejection" | "error", Heap<Postponed>>>;
  /** Oldest first, since a key is taken out and put in again. */
  readonly #waiting = new Map<ObjectKey, Instant>();
  #order = 0;
  #inFlight = 0;
  #events: ClusterEvent[] = [];
  #backoffTimer: Timer | undefined;
  #waitTimer: Timer | undefined;

  constructor(options: QueueOptions) {
    this.#clock = options.clock;
    this.#plugins = new Map(options.plugins.map((plugin) => [plugin.name, plugin]));
    this.#onReady = options.onReady;
    this.#onIncoming = options.onIncoming ?? (() => {});
    this.#initialBackoff = options.initialBackoff ?? 1_000;
    this.#maximumBackoff = options.maximumBackoff ?? 10_000;
    this.#maximumWait = options.maximumWait ?? 5 * 60_000;
    const sort = options.plugins.find(({ queueSort }) => queueSort !== undefined)?.queueSort ?? ((a, b) => a.order - b.order);
    const keyOf = ({ pod }: QueuedPod): string => pod.key;
    this.#active = new Heap(keyOf, (a, b) => sort(a, b) < 0);
    const postponed = (): Heap<Postponed> =>
      new Heap(
        ({ queued }) => keyOf(queued),
        (a, b) => a.until < b.until || (a.until === b.until && sort(a.queued, b.queued) < 0),
      );
    this.#backingOff = { rejection: postponed(), error: postponed() };
  }

  /** How many Pods are in each place, for metrics. */
  get counts(): Readonly<Record<WaitingPlace, number>> {
    const { rejection, error } = this.#backingOff;
    const [active, backoff, unschedulable] = [this.#active.size, rejection.size + error.size, this.#waiting.size];
    return { active, backoff, unschedulable, gated: this.#entries.size - active - backoff - unschedulable - this.#inFlight };
  }

  has(key: ObjectKey): boolean {
    return this.#entries.has(key);
  }

  /** Takes a Pod in, or what is new about one that is here. */
  put(pod: Pod): void {
    const key = objectKey(pod);
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.queued.pod.pod.metadata.uid !== pod.metadata.uid) {
      this.remove(key);
      return this.put(pod);
    }
    const now = this.#clock.now();
    if (entry === undefined) {
      this.#makeReady({ pod: podInfo(pod), attempts: 0, queuedAt: now, order: this.#order++, arrivedAt: now }, podAdded);
    } else {
      this.#update(entry, pod);
    }
  }

  remove(key: ObjectKey): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#leave(entry);
    this.#entries.delete(key);
  }

  /**
   * The next Pod to try; it is in flight until it is told what became of it. When nothing else is to be done, one that is backing off since
   * it was rejected is tried early: what moved it there could help it now.
   */
  pop(): QueuedPod | undefined {
    const queued = this.#active.pop() ?? this.#backingOff.rejection.pop()?.queued;
    if (queued === undefined) return undefined;
    const tried = { ...queued, attempts: queued.attempts + 1 };
    this.#entries.set(queued.pod.key, { queued: tried, place: { kind: "in flight", firstEvent: this.#events.length } });
    this.#inFlight++;
    return tried;
  }

  /** No node took the Pod: it waits for an event that could help, or backs off when one came meanwhile. */
  reject(popped: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    const entry = this.#inFlightEntry(popped);
    if (entry === undefined) return;
    const { queued, place } = entry;
    const news = this.#events.slice(place.firstEvent);
    this.#leave(entry);
    if (news.some((event) => this.#couldHelp(queued.pod, rejectedBy, event)))
      this.#retry(queued, { triedAt: this.#clock.now(), after: "rejection", because: attemptFailure });
    else this.#wait(queued, rejectedBy);
  }

  /** Something went wrong that another try may get past. */
  fail(popped: QueuedPod): void {
    const entry = this.#inFlightEntry(popped);
    if (entry === undefined) return;
    this.#leave(entry);
    this.#retry(entry.queued, { triedAt: this.#clock.now(), after: "error", because: attemptFailure });
  }

  /** The Pod has its node, or is gone. */
  done(popped: QueuedPod): void {
    const entry = this.#inFlightEntry(popped);
    if (entry === undefined) return;
    this.#leave(entry);
    this.#entries.delete(popped.pod.key);
  }

  /** Moves every waiting Pod that an event could help, except one that made it happen itself. */
  happened(event: ClusterEvent, except?: ObjectKey): void {
    if (![...this.#plugins.values()].some(({ hints }) => hints === undefined || hintFor(hints, event) !== undefined)) return;
    if (this.#inFlight > 0) this.#events.push(event);
    for (const key of [...this.#waiting.keys()]) {
      const entry = this.#entries.get(key)!;
      if (key === except) continue;
      if (entry.place.kind !== "unschedulable" || !this.#couldHelp(entry.queued.pod, entry.place.rejectedBy, event)) continue;
      this.#leave(entry);
      this.#retry(entry.queued, { triedAt: entry.place.since, after: "rejection", because: labelOf(event) });
    }
  }

  /** Stops its timers. */
  close(): void {
    this.#backoffTimer?.[Symbol.dispose]();
    this.#waitTimer?.[Symbol.dispose]();
  }

  #update(entry: Entry, pod: Pod): void {
    const previous = entry.queued.pod.pod;
    const changed = podParts(pod, previous);
    const queued = { ...entry.queued, pod: changed.size === 0 ? { ...entry.queued.pod, pod } : podInfo(pod) };
    const { place } = entry;
    const updated = { queued, place };
    const event: ClusterEvent = { kind: "PodUpdated", pod, previous, changed };
    this.#entries.set(queued.pod.key, updated);
    switch (place.kind) {
      case "active":
        return this.#active.put(queued);
      case "backing off":
        return this.#backingOff[place.after].put({ queued, until: place.until });
      case "in flight":
        if (changed.size > 0) this.#events.push(event);
        return;
      case "gated":
        return changed.size > 0 ? this.#makeReady(queued, labelOf(event)) : undefined;
      case "unschedulable": {
        if (changed.size === 0 || !this.#couldHelp(queued.pod, place.rejectedBy, event)) return;
        this.#leave(updated);
        return this.#retry(queued, { triedAt: place.since, after: "rejection", because: labelOf(event) });
      }
    }
  }

  #couldHelp(pod: PodInfo, rejectedBy: ReadonlySet<string>, event: ClusterEvent): boolean {
    if (event.kind === "PodUpdated" && event.pod.metadata.uid !== pod.pod.metadata.uid) return false;
    for (const name of rejectedBy) {
      const hints = this.#plugins.get(name)?.hints;
      if (hints === undefined || hintFor(hints, event)?.(pod, event) === true) return true;
    }
    return false;
  }

  /** At once, or after its back-off when it was tried only just before. */
  #retry(
    queued: QueuedPod,
    { triedAt, after, because }: { readonly triedAt: Instant; readonly after: "rejection" | "error"; readonly because: string },
  ): void {
    const until = (triedAt + this.#backoff(queued.attempts)) as Instant;
    const gate = this.#gate(queued.pod.pod);
    if (until <= this.#clock.now() || gate !== undefined) return this.#makeReady(queued, because);
    this.#entries.set(queued.pod.key, { queued, place: { kind: "backing off", until, after } });
    this.#backingOff[after].put({ queued, until });
    this.#onIncoming("backoff", because);
    this.#armBackoff();
    if (after === "rejection") this.#onReady();
  }

  #makeReady(queued: QueuedPod, because: string): void {
    const gate = this.#gate(queued.pod.pod);
    const { key } = queued.pod;
    if (gate !== undefined) {
      this.#entries.set(key, { queued, place: { kind: "gated", by: gate } });
      this.#onIncoming("gated", because);
      return;
    }
    const ready = { ...queued, queuedAt: this.#clock.now(), order: this.#order++ };
    this.#entries.set(key, { queued: ready, place: { kind: "active" } });
    this.#active.put(ready);
    this.#onIncoming("active", because);
    this.#onReady();
  }

  #wait(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    const since = this.#clock.now();
    this.#entries.set(queued.pod.key, { queued, place: { kind: "unschedulable", rejectedBy, since } });
    this.#waiting.set(queued.pod.key, since);
    this.#onIncoming("unschedulable", attemptFailure);
    this.#armWait();
  }

  /** Takes an entry out of the place it is in; its key stays known. */
  #leave({ queued, place }: Entry): void {
    const { key } = queued.pod;
    switch (place.kind) {
      case "active":
        return void this.#active.remove(key);
      case "backing off":
        return void this.#backingOff[place.after].remove(key);
      case "unschedulable":
        return void this.#waiting.delete(key);
      case "in flight":
        // Positions of events are of use to Pods in flight only.
        if (--this.#inFlight === 0) this.#events = [];
        return;
      case "gated":
        return;
    }
  }

  // Another Pod may have taken the name meanwhile, or the Pod may be gone.
  #inFlightEntry({
    pod: { key, pod },
  }: QueuedPod): (Entry & { readonly place: { readonly kind: "in flight"; readonly firstEvent: number } }) | undefined {
    const entry = this.#entries.get(key);
    if (entry?.place.kind !== "in flight" || entry.queued.pod.pod.metadata.uid !== pod.metadata.uid) return undefined;
    return { queued: entry.queued, place: entry.place };
  }

  #gate(pod: Pod): Rejection | undefined {
    for (const { preEnqueue } of this.#plugins.values()) {
      const rejection = preEnqueue?.(pod);
      if (rejection !== undefined) return rejection;
    }
    return undefined;
  }

  #backoff(attempts: number): number {
    return Math.min(this.#initialBackoff * 2 ** Math.max(0, attempts - 1), this.#maximumBackoff);
  }

  #armBackoff(): void {
    const { rejection, error } = this.#backingOff;
    const next = Math.min(rejection.top()?.until ?? Infinity, error.top()?.until ?? Infinity) as Instant;
    if (next === Infinity || (this.#backoffTimer !== undefined && this.#backoffTimer.due <= next)) return;
    this.#backoffTimer?.[Symbol.dispose]();
    this.#backoffTimer = this.#clock.after(next - this.#clock.now(), () => {
      this.#backoffTimer = undefined;
      const now = this.#clock.now();
      for (const heap of [rejection, error]) {
        for (let top = heap.top(); top !== undefined && top.until <= now; top = heap.top()) {
          heap.pop();
          this.#makeReady(top.queued, "BackoffComplete");
        }
      }
      this.#armBackoff();
    });
  }

  #armWait(): void {
    if (this.#waitTimer !== undefined) return;
    const oldest = this.#waiting.values().next().value;
    if (oldest === undefined) return;
    this.#waitTimer = this.#clock.after(oldest + this.#maximumWait - this.#clock.now(), () => {
      this.#waitTimer = undefined;
      const now = this.#clock.now();
      for (const [key, since] of [...this.#waiting]) {
        if (since + this.#maximumWait > now) break;
        const entry = this.#entries.get(key)!;
        this.#leave(entry);
        this.#retry(entry.queued, { triedAt: since, after: "rejection", because: "UnschedulableTimeout" });
      }
      this.#armWait();
    });
  }
}

// The type of a hint follows from the kind under which it stands.
function hintFor(hints: QueueingHints, { kind }: ClusterEvent): ((pod: PodInfo, event: ClusterEvent) => boolean) | undefined {
  return hints[kind] as ((pod: PodInfo, event: ClusterEvent) => boolean) | undefined;
}
