import { type Revision, type Store, StoreError, type StoreErrorReason } from "@kubets/store";
import { createMemoryStore } from "@kubets/store/memory";
import { expect, test } from "vitest";
import { startTestServer, type TestServer, type TestServerOptions } from "../testing/test-server.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";

async function create(world: TestServer, name: string): Promise<void> {
  expect((await world.send("POST", configMaps, { body: { metadata: { name } } })).status).toBe(201);
}

/** A memory store whose watch can be broken, or held back. */
function fragile(): { readonly options: TestServerOptions; breakWatch(reason: StoreErrorReason): void; hold(): void } {
  let store: Store;
  let broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {});
  let isHeld = false;
  return {
    breakWatch(reason) {
      broken.reject(new StoreError(reason, `broken: ${reason}`));
      broken = Promise.withResolvers();
      broken.promise.catch(() => {});
    },
    hold() {
      isHeld = true;
    },
    options: {
      makeStore(world) {
        store = createMemoryStore(world);
        return {
          get: (key, options) => store.get(key, options),
          list: (options) => store.list(options),
          create: (key, value, options) => store.create(key, value, options),
          update: (key, value, options) => store.update(key, value, options),
          delete: (key, options) => store.delete(key, options),
          currentRevision: () => store.currentRevision(),
          compactedRevision: () => store.compactedRevision(),
          compact: (revision) => store.compact(revision),
          close: () => store.close(),
          async *watch(options) {
            const batches = store.watch(options)[Symbol.asyncIterator]();
            try {
              for (;;) {
                const next = await Promise.race([batches.next(), broken.promise]);
                if (next.done === true) return;
                if (!isHeld) yield next.value;
              }
            } finally {
              void batches.return?.();
            }
          },
        };
      },
    },
  };
}

test("what is in the store is there when the server starts", async () => {
  await using first = await startTestServer();
  await create(first, "a");
  await using second = await startTestServer({ store: first.store });
  expect((await second.send("GET", `${configMaps}/a`)).json.metadata.resourceVersion).toBe("1");
});

test("a watch of the store that was too slow goes on where it was, unseen by clients", async () => {
  const store = fragile();
  await using world = await startTestServer(store.options);
  const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=0`);
  await create(world, "a");
  store.breakWatch("Slow");
  await create(world, "b");
  expect((await watch.events()).map(({ object }) => object.metadata.name)).toEqual(["a", "b"]);
  expect(watch.ended).toBe(false);
});

test("when the store has forgotten what was missed, everything is read anew and clients watch again", async () => {
  const store = fragile();
  await using world = await startTestServer(store.options);
  await create(world, "a");
  const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=0`);
  await watch.events();
  store.breakWatch("Compacted");
  await watch.events();
  await world.clock.advance(1000);
  await watch.events();
  expect(watch.ended).toBe(true);
  await create(world, "b");
  expect((await world.send("GET", configMaps)).json.items.map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
  const again = await world.watch(`${configMaps}?watch=true&resourceVersion=0`);
  expect((await again.events()).map(({ object }) => object.metadata.name)).toEqual(["a", "b"]);
});

test("a read is not answered from a cache that has lost the store", async () => {
  const store = fragile();
  await using world = await startTestServer(store.options);
  await create(world, "a");
  store.hold();
  const key = "/registry/configmaps/default/a";
  const entry = await world.store.get(key);
  await world.store.update(key, entry!.value, { expected: entry!.revision as Revision, cause: { user: "someone else" } });
  const read = world.send("GET", `${configMaps}/a`);
  // What was asked for as it is known here is still answered.
  expect((await world.send("GET", `${configMaps}/a?resourceVersion=0`)).status).toBe(200);
  await world.clock.advance(10_000);
  expect((await read).json).toMatchObject({ code: 504, reason: "Timeout" });
});
