import type { Peer } from "./handler.ts";
import type { KubernetesObject, WatchEvent } from "./meta.ts";

/** All objects of a kind, or of one namespace. */
export interface Followed {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** All of them when absent. */
  readonly namespace?: string;
}

/** Who follows a kind. Called synchronously, in the order of revisions, with the deep-frozen objects that all readers of the process share. */
export interface Follower {
  /** Comes first, and once: everything there is at this revision. */
  begin(objects: readonly KubernetesObject[], resourceVersion: string): void;
  /** What came of a commit; it is delivered when this returns. */
  apply(events: readonly WatchEvent<KubernetesObject>[]): void;
}

/** A kind that is being followed. */
export interface Following {
  /**
   * Resolves when nothing comes any more: with `false`, and nothing has come, when the kind can't be followed like this. Whoever watches it
   * instead is told why, or can. Rejects with what the follower threw.
   */
  readonly ended: Promise<boolean>;
  /** The follower has gone: it is told nothing more. Idempotent. */
  stop(): void;
}

/**
 * Tells, within the server's process, what a watch tells that begins with everything there is, to whoever may watch: without a request, an
 * answer, and an event for each object of the beginning. A process that is a whole cluster begins with some eighty of them.
 */
export type Follow = (what: Followed, follower: Follower, peer: Peer) => Following;
