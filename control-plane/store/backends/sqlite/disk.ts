import type { Revision, StoreErrorReason } from "../../store.ts";
import type { Block } from "./block.ts";

/**
 * What the store asks of its file. The file is read and written in a thread of its own, one request after the other, so what a
 * request was asked after is done when it is answered. Blocks are handed over; see the comment of each for their content.
 */
export interface Requests {
  open: { readonly request: OpenRequest; readonly reply: Opened };
  commit: { readonly request: { readonly batch: Block }; readonly reply: Committed };
  /** As many of these revisions, in order, as fit one block; at least one. The block: created, envelope. */
  entries: {
    readonly request: { readonly revisions: readonly Revision[] };
    readonly reply: { readonly entries: Block; readonly count: number };
  };
  /**
   * What keys were at the revision `after`, of those written after it up to another one. The block: key, and its revision then or 0. Only
   * the first of a key counts. Complete up to the revision of the reply.
   */
  changes: { readonly request: ChangesRequest; readonly reply: { readonly changes: Block; readonly revision: Revision } };
  /** Events after one revision up to another, and the revision up to which they are complete. */
  events: { readonly request: EventsRequest; readonly reply: { readonly events: Block; readonly revision: Revision } };
  /** Moves the compacted revision, and deletes some of what was superseded up to `upTo`. */
  sweep: { readonly request: SweepRequest; readonly reply: { readonly swept: Revision; readonly freedBytes: number } };
  /** Deletes what the keys of these revisions were before them. A block of revisions. */
  forget: { readonly request: { readonly superseded: Block }; readonly reply: Record<string, never> };
  /** The last revision that was written up to an instant; 0 when there is none. */
  newestUntil: { readonly request: { readonly instant: number }; readonly reply: { readonly revision: Revision } };
  close: { readonly request: Record<string, never>; readonly reply: Record<string, never> };
}

export interface OpenRequest {
  readonly path: string;
  readonly synchronous: "FULL" | "OFF";
  readonly syncDelayMilliseconds: number;
  /** A write or sync has failed since the file was opened last, so what can be read from it may not be on the disk. */
  readonly distrusted: boolean;
}

export interface Opened {
  /** The last revision written, and when. */
  readonly last: Revision;
  readonly lastInstant: number;
  readonly compacted: Revision;
  readonly swept: Revision;
  /** The bytes of all values, superseded ones included. */
  readonly bytes: number;
  /**
   * Every key that the file remembers: key, revision, created (0 when it was deleted), expires, size, the oldest revision of it in the
   * file, and what was before that.
   */
  readonly keys: readonly Block[];
}

export interface Committed {
  /** The block of the batch, to be filled again. */
  readonly buffer: ArrayBuffer;
  /** Values that were asked for with `wantsPrevious`, in order. */
  readonly previous: Block | undefined;
}

export interface ChangesRequest {
  readonly after: Revision;
  readonly upTo: Revision;
  /** All keys that begin with this, or this one alone. */
  readonly keys: { readonly prefix: string } | { readonly only: string };
}

export interface EventsRequest {
  readonly prefix: string;
  readonly after: Revision;
  readonly upTo: Revision;
}

export interface SweepRequest {
  readonly compacted: Revision;
  readonly upTo: Revision;
  readonly limit: number;
}

export type RequestName = keyof Requests;

/** One request at a time is worked on, in the order of the calls. Rejects with `StoreError`. */
export interface Disk {
  call<Name extends RequestName>(
    name: Name,
    request: Requests[Name]["request"],
    transfer?: readonly ArrayBuffer[],
  ): Promise<Requests[Name]["reply"]>;
  /** Whether the file is open; it isn't any more when the thread has ended for whatever reason. */
  readonly isOpen: boolean;
  /** Ends the thread and whatever it is doing, so that the file can be opened again. */
  stop(): Promise<void>;
}

/** A request as it crosses to the thread. */
export type RequestMessage = {
  readonly [Name in RequestName]: { readonly id: number; readonly name: Name; readonly request: Requests[Name]["request"] };
}[RequestName];

export type ReplyMessage =
  | { readonly id: number; readonly reply: Requests[RequestName]["reply"] }
  | { readonly id: number; readonly failure: Failure };

export interface Failure {
  readonly reason: StoreErrorReason;
  readonly message: string;
  readonly outcomeUnknown: boolean;
}
