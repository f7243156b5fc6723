import type { Clock, Kind, KubernetesObject, Logger } from "@kubets/machinery";
import type { Written } from "./actions.ts";
import type { Informer, ObjectChange } from "./informer.ts";

/**
 * What a controller has written for each of its keys and its caches don't show yet. A key that is decided upon before that
 * would be decided upon from what is known to be past: Pods just created would be created again.
 */
export interface OwnWrites {
  /** Remembers what a pass over `key` has written. */
  remember(key: string, writes: readonly Written[]): void;
  /**
   * `true` when the caches show all that was written for the key. If not, calls `then` once they do. After 30 s they are read anew, and what
   * they show then is decided upon, also by a server that has forgotten what was written.
   */
  shows(key: string, then: () => void): boolean;
  /** A change of an informer's cache. */
  changed(kind: Kind, change: ObjectChange<KubernetesObject>): void;
  stop(): void;
}

export interface OwnWritesOptions {
  /** The informer of a kind that the controller watches; what was written to other kinds can't be seen, nor mislead it. */
  readonly informerOf: (kind: Kind) => Informer<KubernetesObject> | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

const longestWait = 30_000;

export function createOwnWrites({ informerOf, clock, logger }: OwnWritesOptions): OwnWrites {
  const unseen = new Map<string, readonly Written[]>();
  const waits = new Map<string, Disposable>();
  // Who waits for an object to be gone, by the object's kind and key.
  const deletions = new Map<string, Set<() => void>>();

  const isSeen = (write: Written): boolean => {
    const informer = informerOf(write.kind);
    if (informer === undefined) return true;
    if (write.is === "written") return informer.revision >= write.revision;
    return isGone(informer.get(write.key), write.uid);
  };

  const wait = (key: string, writes: readonly Written[], then: () => void): void => {
    const stopping = new AbortController();
    const timer = clock.after(longestWait, () => {
      logger.warn("The cache does not show what was written: reading it anew", { key });
      const doubtful = new Set(writes.filter((write) => !isSeen(write)).map(({ kind }) => informerOf(kind)!));
      Promise.all([...doubtful].map((informer) => informer.refresh(stopping.signal))).then(
        () => {
          unseen.delete(key);
          go();
        },
        // Aborted: by the end of the controller.
        () => {},
      );
    });
    const end = (): void => {
      waits.delete(key);
      timer[Symbol.dispose]();
      stopping.abort();
    };
    const go = (): void => {
      if (stopping.signal.aborted) return;
      end();
      then();
    };
    waits.set(key, { [Symbol.dispose]: end });
    const all = writes.map((write) =>
      write.is === "written"
        ? informerOf(write.kind)!.reached(write.revision, stopping.signal)
        : untilGone(write, () => isSeen(write), stopping.signal),
    );
    Promise.all(all).then(
      go,
      // Aborted: by what was read anew, or by the end of the controller.
      () => {},
    );
  };

  const untilGone = ({ kind, key }: Written & { readonly is: "deleted" }, gone: () => boolean, signal: AbortSignal): Promise<void> => {
    const id = `${kind.resource}.${kind.group}/${key}`;
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (gone()) {
          forget();
          resolve();
        }
      };
      const forget = (): void => {
        const checks = deletions.get(id);
        if (checks?.delete(check) === true && checks.size === 0) deletions.delete(id);
      };
      deletions.set(id, (deletions.get(id) ?? new Set()).add(check));
      signal.addEventListener("abort", () => {
        forget();
        reject(signal.reason);
      });
    });
  };

  return {
    remember(key, writes) {
      const left = latest([...(unseen.get(key) ?? []), ...writes].filter((write) => !isSeen(write)));
      if (left.length > 0) unseen.set(key, left);
      else unseen.delete(key);
    },
    shows(key, then) {
      if (waits.has(key)) return false;
      const left = unseen.get(key)?.filter((write) => !isSeen(write)) ?? [];
      if (left.length === 0) {
        unseen.delete(key);
        return true;
      }
      wait(key, left, then);
      return false;
    },
    changed(kind, change) {
      if (deletions.size === 0) return;
      for (const check of deletions.get(`${kind.resource}.${kind.group}/${change.key}`) ?? []) check();
    },
    stop() {
      for (const each of waits.values()) each[Symbol.dispose]();
    },
  };
}

/** Of the writes to one kind the last shows that all are seen; every deletion is looked for on its own. */
function latest(writes: readonly Written[]): readonly Written[] {
  const last = new Map<Kind, Written & { readonly is: "written" }>();
  for (const write of writes) {
    if (write.is === "written" && write.revision > (last.get(write.kind)?.revision ?? -1)) last.set(write.kind, write);
  }
  return [...last.values(), ...writes.filter(({ is }) => is === "deleted")];
}

function isGone(object: KubernetesObject | undefined, uid: string): boolean {
  return object === undefined || object.metadata.uid !== uid || object.metadata.deletionTimestamp !== undefined;
}
