import type { Store } from "@kubets/store";

/** So many writes are answered at once; then whatever else waits in the process has its turn. */
const breath = 64;

/**
 * A store that can't keep the process to itself. One in memory answers in microtasks: without a pause, a controller that never rests
 * would leave no turn to timers, sockets and other clusters, and nobody could say that it never rests.
 */
export function breathingStore(store: Store, turn: () => Promise<void>): Store {
  let writes = 0;
  const breathing = async <Value>(write: Promise<Value>): Promise<Value> => {
    const value = await write;
    if (++writes % breath === 0) await turn();
    return value;
  };
  return {
    get: (key, options) => store.get(key, options),
    list: (options) => store.list(options),
    create: (key, value, options) => breathing(store.create(key, value, options)),
    update: (key, value, options) => breathing(store.update(key, value, options)),
    delete: (key, options) => breathing(store.delete(key, options)),
    watch: (options) => store.watch(options),
    currentRevision: () => store.currentRevision(),
    compactedRevision: () => store.compactedRevision(),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
  };
}
