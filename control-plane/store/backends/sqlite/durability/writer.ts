import { writeSync } from "node:fs";
import type { Instant } from "@kubets/machinery";
import { createManualClock, createTasks, seededRandom } from "@kubets/machinery";
import type { Revision, Store } from "../../../store.ts";
import { createSqliteStore } from "../index.ts";
import { markOf, valueFor } from "./values.ts";

/**
 * Writes to a store as fast as it can, and says on its standard output what was acknowledged, one line each, before anything else
 * happens. The tests of durability kill it, trace it, and read the store after it.
 *
 * Arguments: the file, a seed, how many writes in flight, how many writes in all, FULL or OFF, how many bytes of history.
 */
const [path, seed, inFlight, writes, synchronous, historyBytes] = process.argv.slice(2);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const tasks = createTasks({ turn });
const clock = createManualClock({ start: 1_800_000_000_000 as Instant, tasks, turn });
const random = seededRandom(Number(seed));
const store = await createSqliteStore({
  path: path!,
  clock,
  tasks,
  synchronous: synchronous === "OFF" ? "OFF" : "FULL",
  historyBytes: Number(historyBytes),
});
let left = Number(writes);

acknowledge("opened", "", await store.currentRevision(), 0);
await Promise.all(Array.from({ length: Number(inFlight) }, (_, writer) => write(store, writer)));
await store.close();

/** Each writer has a few keys of its own, which it creates, updates and deletes in turn. */
async function write(store: Store, writer: number): Promise<void> {
  while (left-- > 0) {
    const key = `/writer-${writer}/${Math.floor(random.fraction() * 5)}`;
    const current = await store.get(key);
    const before = current?.revision ?? (0 as Revision);
    // The value tells what the key was before, and all of it follows from that. A deletion has no value, but a cause.
    const value = valueFor(key, before);
    const cause = { user: `writer-${writer}`, object: markOf(key, before) };
    if (current === undefined) acknowledge("put", key, await store.create(key, value, { cause }), before);
    else if (random.fraction() < 0.8) acknowledge("put", key, await store.update(key, value, { cause, expected: before }), before);
    else acknowledge("delete", key, await store.delete(key, { cause, expected: before }), before);
  }
}

function acknowledge(what: string, key: string, revision: Revision, before: number): void {
  const line = `${what} ${revision} ${before} ${key}\n`;
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      // Whoever reads this is behind; nothing else may happen before it is said.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}
