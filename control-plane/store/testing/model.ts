import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareKeys } from "../keys.ts";
import type { Revision, Store } from "../store.ts";
import { isStoreError } from "../store.ts";
import type { ConformanceOptions, OpenStore } from "./harness.ts";
import { alice, bytes, setUp, text } from "./harness.ts";

/** The store said simply: every state there ever was, as a map. */
class Model {
  /** The state at each revision since the start. */
  readonly states: Map<string, ModelEntry>[] = [new Map()];
  compacted = 0;

  get current(): number {
    return this.states.length - 1;
  }
  get now(): Map<string, ModelEntry> {
    return this.states.at(-1)!;
  }

  /** What a write answers: the revision, or the reason why not. `expected` counts from the start. */
  write(key: string, value: string | undefined, expected: number | undefined): number | string {
    const entry = this.now.get(key);
    if (expected === undefined && entry !== undefined) return "Exists";
    if (expected !== undefined && entry === undefined) return "NotFound";
    if (expected !== undefined && entry!.revision !== expected) return "Conflict";
    const next = new Map(this.now);
    const revision = this.current + 1;
    if (value === undefined) next.delete(key);
    else next.set(key, { value, revision, created: entry?.created ?? revision });
    this.states.push(next);
    return revision;
  }

  list(prefix: string, revision: number, { after, limit }: { readonly after?: string; readonly limit: number }): unknown {
    const keys = [...this.states[revision]!.keys()].filter(
      (key) => key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0),
    );
    keys.sort(compareKeys);
    const entries = keys.slice(0, limit).map((key) => ({ key, ...this.states[revision]!.get(key)! }));
    return { entries, revision, remaining: keys.length - entries.length };
  }
}

interface ModelEntry {
  readonly value: string;
  readonly revision: number;
  readonly created: number;
}

type Step =
  | { readonly do: "create"; readonly key: string; readonly value: string }
  /** `stale`: expects the revision that many writes of the store ago instead of the right one. */
  | { readonly do: "update" | "delete"; readonly key: string; readonly value: string; readonly stale: number }
  | { readonly do: "list"; readonly prefix: string; readonly back: number; readonly after: string | undefined; readonly limit: number }
  | { readonly do: "get"; readonly key: string; readonly back: number }
  | { readonly do: "compact"; readonly back: number };

const key = fc.constantFrom("/a", "/a/b", "/a/c", "/b", "/b/\u{1f600}", "/b/\uffee", "/c/1", "/c/2", "/c/3");
const value = fc.string({ maxLength: 8 });
const stale = fc.constantFrom(0, 0, 0, 1, 2);
const back = fc.constantFrom(0, 0, 1, 2, 3, 5, 8, 13);
const limit = fc.constantFrom(1, 2, 3, 100);
const prefix = fc.constantFrom("/", "/a", "/a/", "/b/", "/c/", "/d");

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("create" as const), key, value }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("update" as const, "delete" as const), key, value, stale }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("list" as const), prefix, back, after: fc.option(key, { nil: undefined }), limit }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("get" as const), key, back }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("compact" as const), back }) },
);

export function describeModel(open: OpenStore, { histories, seed = 1 }: ConformanceOptions): void {
  describe("any history", () => {
    test(`answers as the model does (seed ${seed})`, { timeout: 120_000 }, async () => {
      await using bench = await setUp(open);
      let tried = 0;
      const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        // Opening a file takes longer than a history does, so each history has a root of its own in one store.
        const world: World = { store: bench.store, root: `/${tried++}`, start: await bench.store.currentRevision(), model: new Model() };
        const { model, root, start } = world;
        const watching = bench.watch(root, start);
        for (const one of steps) {
          const [expected, actual] = await take(one, world);
          expect(actual, JSON.stringify(one)).toEqual(expected);
        }
        const written = (start + model.current) as Revision;
        await watching.reached(written);
        // The events, replayed, are the state.
        const replayed = new Map<string, string | undefined>();
        for (const event of watching.events) {
          const name = (event.type === "put" ? event.entry.key : event.key).slice(root.length);
          expect(text(event.previous)).toBe(replayed.get(name));
          replayed.set(name, event.type === "put" ? text(event.entry.value) : undefined);
        }
        expect(watching.events).toHaveLength(model.current);
        for (const name of replayed.keys()) expect(replayed.get(name)).toBe(model.now.get(name)?.value);
        watching.stop();
      });
      await fc.assert(property, { numRuns: histories, seed });
    });
  });
}

interface World {
  readonly store: Store;
  /** What all keys of the history begin with; its steps leave it out. */
  readonly root: string;
  readonly start: Revision;
  readonly model: Model;
}

/** What the model and the store answer to one step. */
async function take(one: Step, { store, root, start, model }: World): Promise<readonly [expected: unknown, actual: unknown]> {
  const absolute = (revision: number): Revision => (start + revision) as Revision;
  switch (one.do) {
    case "create":
      return [
        model.write(one.key, one.value, undefined),
        await outcome(store.create(root + one.key, bytes(one.value), { cause: alice }).then((revision) => revision - start)),
      ];
    case "update":
    case "delete": {
      const expected = Math.max(0, (model.now.get(one.key)?.revision ?? model.current) - one.stale);
      const options = { cause: alice, expected: absolute(expected) };
      const write = one.do === "update" ? store.update(root + one.key, bytes(one.value), options) : store.delete(root + one.key, options);
      return [
        model.write(one.key, one.do === "update" ? one.value : undefined, expected),
        await outcome(write.then((revision) => revision - start)),
      ];
    }
    case "list": {
      const revision = Math.max(0, model.current - one.back);
      const { prefix, after, limit } = one;
      const page = { limit, ...(after === undefined ? {} : { after }) };
      const rooted = { limit, ...(after === undefined ? {} : { after: root + after }) };
      const at = one.back === 0 ? {} : { revision: absolute(revision) };
      const actual = store.list({ prefix: root + prefix, ...rooted, ...at }).then(({ entries, revision, remaining }) => ({
        entries: entries.map((entry) => ({
          key: entry.key.slice(root.length),
          value: text(entry.value),
          revision: entry.revision - start,
          created: entry.created - start,
        })),
        revision: revision - start,
        remaining,
      }));
      return [revision < model.compacted ? "Compacted" : model.list(prefix, revision, page), await outcome(actual)];
    }
    case "get": {
      const revision = Math.max(0, model.current - one.back);
      const at = one.back === 0 ? {} : { revision: absolute(revision) };
      const actual = store.get(root + one.key, at).then((entry) => text(entry?.value));
      return [revision < model.compacted ? "Compacted" : model.states[revision]!.get(one.key)?.value, await outcome(actual)];
    }
    case "compact": {
      const revision = Math.max(0, model.current - one.back);
      // The revision at which an empty store began is compacted or not, as its back end has it.
      if (revision === 0) return [undefined, undefined];
      const already = revision <= model.compacted;
      if (!already) model.compacted = revision;
      return [already ? "Compacted" : undefined, await outcome(store.compact(absolute(revision)))];
    }
  }
}

async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (isStoreError(error, "Compacted", "Conflict", "Exists", "NotFound")) return error.reason;
    throw error;
  }
}
