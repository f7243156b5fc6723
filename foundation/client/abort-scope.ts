/** Requests under way that can all be aborted at once, each also by a signal of its own. */
export interface AbortScope {
  /** Throws the scope's error once it is closed. */
  assertOpen(): void;
  /** Throws the reason of a signal that is aborted already, and the scope's error once it is closed. */
  open(signal: AbortSignal): ScopedSignal;
  /** Aborts everything that is open, and everything opened from now on. */
  close(): void;
}

export interface ScopedSignal {
  readonly signal: AbortSignal;
  /** Aborts this one: its reader has gone. */
  abort(): void;
  /** Lets go of it without aborting. Idempotent; nothing reaches the signal afterwards. */
  release(): void;
  /** {@link untilAborted} for one piece of work at a time, without a listener: every request within a process is waited for. */
  until<Value>(work: PromiseLike<Value>): Promise<Value>;
}

// Not AbortSignal.any: a transport lives as long as its process, and a derived signal would be kept by it for as long.
export function createAbortScope(closedMessage: string): AbortScope {
  const open = new Set<(reason: unknown) => void>();
  let closed: Error | undefined;
  const assertOpen = (): void => {
    if (closed !== undefined) throw closed;
  };
  return {
    assertOpen,
    open(signal) {
      signal.throwIfAborted();
      assertOpen();
      const controller = new AbortController();
      let giveUp: ((reason: unknown) => void) | undefined;
      const end = (reason: unknown): void => {
        controller.abort(reason);
        giveUp?.(reason);
      };
      const onAbort = (): void => {
        release();
        end(signal.reason);
      };
      const release = (): void => {
        open.delete(end);
        signal.removeEventListener("abort", onAbort);
      };
      open.add(end);
      signal.addEventListener("abort", onAbort, { once: true });
      return {
        signal: controller.signal,
        abort() {
          release();
          end(readerLeft);
        },
        release,
        until: (work) =>
          new Promise((resolve, reject) => {
            if (controller.signal.aborted) reject(controller.signal.reason);
            giveUp = reject;
            work.then(resolve, reject);
          }),
      };
    },
    close() {
      closed ??= new Error(closedMessage);
      for (const end of open) end(closed);
      open.clear();
    },
  };
}

// One for all: an abort without a reason makes an exception with its stack each time.
const readerLeft = new Error("The reader of the answer has gone");

/** A signal that never comes. */
export const never: AbortSignal = new AbortController().signal;

/** What `work` answers, or at once the signal's reason when it is aborted first; `work` is then left to end on its own. */
export function untilAborted<Value>(work: PromiseLike<Value>, signal?: AbortSignal): Promise<Value> {
  if (signal === undefined) return Promise.resolve(work);
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(
      (value) => {
        signal.removeEventListener("abort", onAbort);
        resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener("abort", onAbort);
        reject(error);
      },
    );
  });
}
