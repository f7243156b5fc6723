import type { Entry, Revision, StoreEvent, WatchBatch } from "./store.ts";

interface Recent {
  readonly revision: Revision;
  readonly event: StoreEvent;
  /** The bytes of all events up to and with this one. */
  readonly position: number;
}

/** What an event costs beside its value: key, cause, bookkeeping. */
const overheadBytes = 200;
/** A batch ends here, so that a watcher of much holds up no one. */
const batchEvents = 1024;

/**
 * The newest events of a store whose history is elsewhere: what its watchers read, and how far one may fall behind.
 *
 * Complete for the revisions after {@link start} up to {@link current}.
 */
export class RecentEvents {
  #events: Recent[] = [];
  #head = 0;
  #position = 0;
  #start: Revision;
  #current: Revision;
  readonly #bytes: number;

  constructor({ start, bytes }: { readonly start: Revision; readonly bytes: number }) {
    this.#start = start;
    this.#current = start;
    this.#bytes = bytes;
  }

  get start(): Revision {
    return this.#start;
  }
  get current(): Revision {
    return this.#current;
  }

  /**
   * Adds the events up to `revision`, and lets go of old ones. What is added now stays at least until the next call: a watcher that
   * was up to date doesn't become slow by one large batch.
   */
  add(events: readonly StoreEvent[], revision: Revision): void {
    while (this.#head < this.#events.length && this.#isExcess(this.#events[this.#head]!)) {
      this.#start = this.#events[this.#head++]!.revision;
    }
    if (this.#head > 1024 && this.#head > this.#events.length >> 1) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
    for (const event of events) {
      this.#position += overheadBytes + (event.type === "put" ? event.entry.value.length : 0);
      this.#events.push({ revision: revisionOf(event), event, position: this.#position });
    }
    this.#current = revision;
  }

  /** Forgets everything: events up to `revision` were missed. */
  restart(revision: Revision): void {
    this.#events = [];
    this.#head = 0;
    this.#start = revision;
    this.#current = revision;
  }

  /** The next events of the prefix after `after`, which must not be before {@link start}. */
  read(prefix: string, after: Revision): WatchBatch {
    const events: StoreEvent[] = [];
    let index = this.#indexAfter(after);
    for (; index < this.#events.length; index++) {
      const { event, revision } = this.#events[index]!;
      if (events.length >= batchEvents && revision !== this.#events[index - 1]!.revision) break;
      if ((event.type === "put" ? event.entry.key : event.key).startsWith(prefix)) events.push(event);
    }
    return { events, revision: index < this.#events.length ? this.#events[index - 1]!.revision : this.#current };
  }

  /** The entry that was written at `revision`, when it is among the recent ones. */
  entryAt(revision: Revision): Entry | undefined {
    if (revision <= this.#start || revision > this.#current) return undefined;
    const found = this.#events[this.#indexAfter((revision - 1) as Revision)];
    return found?.revision === revision && found.event.type === "put" ? found.event.entry : undefined;
  }

  /** Events of one revision (an etcd may delete several keys by one) go together. */
  #isExcess({ position, revision }: Recent): boolean {
    return this.#position - position > this.#bytes || revision === this.#start;
  }

  #indexAfter(revision: Revision): number {
    // Where every revision is ours, an event lies as far behind the first one as their revisions differ.
    const first = this.#events[this.#head];
    if (first === undefined || revision < first.revision) return this.#head;
    const guess = this.#head + revision - first.revision;
    if (this.#events[guess]?.revision === revision && this.#events[guess + 1]?.revision !== revision) return guess + 1;
    let low = this.#head;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function revisionOf(event: StoreEvent): Revision {
  return event.type === "put" ? event.entry.revision : event.revision;
}
