import type { Cause } from "@kubets/machinery";
import { compacted } from "../../errors.ts";
import type { Entry, Revision, StoreEvent, WatchBatch } from "../../store.ts";

/** What one write made of a key: a value, or nothing (a deletion). */
export interface Version {
  readonly key: string;
  readonly revision: Revision;
  readonly cause: Cause;
  /** Absent for a deletion. */
  readonly entry: Entry | undefined;
  /** What the key was before; gone when the key was created by this write, or when that has been forgotten. */
  previous: Version | undefined;
  /** What the key was before has been forgotten, though compaction hasn't come this far. */
  forgotten: boolean;
  /** The bytes of all events up to this one; tells how far behind a watcher is. */
  readonly position: number;
}

/** Says how long superseded revisions of a key are kept, in milliseconds; undefined: as long as the history is. */
export type Retention = (key: string) => number | undefined;

/** What a version costs beside its value: key, cause, bookkeeping. */
const overheadBytes = 200;
/** A batch for a watcher that reads old history ends here, so that it holds up no one. */
const batchEvents = 1024;

/** Every revision from the compacted one on: what happened, in order, and what was there. */
export class History {
  /** The version that each revision made, from `#first` on; what was forgotten early is undefined. */
  #log: (Version | undefined)[] = [];
  /** Where the kept part of `#log` begins; the dead part before it is cut off now and then. */
  #head = 0;
  #first = 1;
  #compacted = 0 as Revision;
  #current = 0 as Revision;
  #supersededBytes = 0;
  #position = 0;
  /** Versions up to this revision belong to other histories too, which still need what came before them. */
  #shared = 0 as Revision;

  /** A history of its own with the same past. Takes time only for the list of versions, none of which is copied. */
  fork(): History {
    const copy = new History();
    copy.#log = this.#log.slice(this.#head);
    copy.#first = this.#first;
    copy.#compacted = this.#compacted;
    copy.#current = this.#current;
    copy.#supersededBytes = this.#supersededBytes;
    copy.#position = this.#position;
    this.#shared = this.#current;
    copy.#shared = this.#current;
    return copy;
  }

  /** The same past with other versions, which belong to this history alone: `to` keeps keys, revisions and positions. */
  map(to: (version: Version) => Version): History {
    const copy = this.fork();
    copy.#log = copy.#log.map((version) => (version === undefined ? undefined : to(version)));
    copy.#shared = 0 as Revision;
    return copy;
  }

  /** A history as it was written down: the versions that are reachable at all, in the order of revisions. */
  static restored({ compacted, current, supersededBytes, versions }: WrittenHistory): History {
    const history = new History();
    history.#compacted = compacted;
    history.#current = current;
    history.#first = compacted + 1;
    history.#supersededBytes = supersededBytes;
    history.#position = versions.at(-1)?.position ?? 0;
    history.#log = Array.from({ length: current - compacted });
    for (const version of versions) if (version.revision > compacted) history.#log[version.revision - history.#first] = version;
    return history;
  }

  /** What happened since the compacted revision, in order. */
  get versions(): readonly Version[] {
    return this.#log.slice(this.#head).filter((version) => version !== undefined);
  }

  get current(): Revision {
    return this.#current;
  }
  get compacted(): Revision {
    return this.#compacted;
  }
  /** The bytes of values that are kept only because they were there once. */
  get supersededBytes(): number {
    return this.#supersededBytes;
  }

  /** Writes the next revision. `brief`: what it supersedes doesn't count as history. */
  append(key: string, entry: Entry | undefined, { previous, cause, brief }: Append): Version {
    this.#current = (this.#current + 1) as Revision;
    this.#position = positionAfter(this.#position, entry);
    const version: Version = {
      key,
      revision: this.#current,
      cause,
      entry,
      previous,
      forgotten: false,
      position: this.#position,
    };
    if (previous !== undefined && !brief) this.#supersededBytes += bytesOf(previous);
    this.#log.push(version);
    return version;
  }

  /** Forgets what was superseded up to `revision`; tells of deletions that nothing remembers any more. */
  compact(
    revision: Revision,
    { onGone, isBrief }: { readonly onGone: (deletion: Version) => void; readonly isBrief: (key: string) => boolean },
  ): void {
    while (this.#first <= revision) {
      const version = this.#log[this.#head];
      this.#log[this.#head++] = undefined;
      this.#first++;
      if (version === undefined) continue;
      if (version.previous !== undefined && !isBrief(version.key)) this.#supersededBytes -= bytesOf(version.previous);
      if (version.revision > this.#shared) version.previous = undefined;
      if (version.entry === undefined) onGone(version);
    }
    this.#compacted = revision;
    if (this.#head > 4096 && this.#head > this.#log.length >> 1) {
      this.#log = this.#log.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Forgets what `version` superseded, though compaction hasn't come that far. */
  forgetBefore(version: Version): void {
    const previous = version.previous;
    if (previous === undefined || version.revision <= this.#shared) return;
    version.previous = undefined;
    version.forgotten = true;
    if (previous.revision >= this.#first) this.#log[this.#head + previous.revision - this.#first] = undefined;
  }

  /** Whether a watcher that has read up to `delivered` is more than `bytes` behind. */
  isBehind(delivered: Revision, bytes: number): boolean {
    if (delivered < this.#compacted) return true;
    const last = this.#log[this.#head + delivered - this.#first];
    // Without the version at hand (forgotten, or just compacted away) the next one tells as well.
    const next = last ?? this.#log[this.#head + delivered + 1 - this.#first];
    return next !== undefined && this.#position - next.position > bytes;
  }

  assertKept(prefix: string, after: Revision): void {
    if (after < this.#compacted) throw compacted(`watch "${prefix}" after revision ${after}`, this.#compacted);
  }

  read(prefix: string, after: Revision): WatchBatch {
    this.assertKept(prefix, after);
    const events: StoreEvent[] = [];
    let revision: number = after;
    while (revision < this.#current && events.length < batchEvents) {
      revision++;
      const version = this.#log[this.#head + revision - this.#first];
      if (version === undefined || !version.key.startsWith(prefix)) continue;
      if (version.forgotten) throw compacted(`watch "${prefix}" after revision ${after}`, version.revision);
      events.push(eventOf(version));
    }
    return { events, revision: revision as Revision };
  }
}

/** A history without its bookkeeping. */
export interface WrittenHistory {
  readonly compacted: Revision;
  readonly current: Revision;
  readonly supersededBytes: number;
  /** With the positions that {@link positionAfter} gives them. */
  readonly versions: readonly Version[];
}

/** The position of a version that follows one at `position`. */
export function positionAfter(position: number, entry: Entry | undefined): number {
  return position + overheadBytes + (entry?.value.length ?? 0);
}

interface Append {
  readonly previous: Version | undefined;
  readonly cause: Cause;
  readonly brief: boolean;
}

/** What was there at `revision`, given what the key is now. Throws `Compacted` when that has been forgotten. */
export function versionAt(newest: Version, revision: Revision): Version | undefined {
  let version: Version | undefined = newest;
  while (version !== undefined && version.revision > revision) {
    if (version.forgotten) throw compacted(`read "${version.key}" at revision ${revision}`, version.revision);
    version = version.previous;
  }
  return version;
}

function bytesOf({ entry }: Version): number {
  return overheadBytes + (entry?.value.length ?? 0);
}

function eventOf({ key, entry, revision, cause, previous }: Version): StoreEvent {
  const before = previous?.entry?.value;
  if (entry !== undefined) return before === undefined ? { type: "put", entry } : { type: "put", entry, previous: before };
  return { type: "delete", key, revision, cause, previous: before! };
}
