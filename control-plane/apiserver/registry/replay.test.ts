import fc from "fast-check";
import { expect, test } from "vitest";
import { startTestServer, type TestObject } from "../testing/test-server.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const merge = { "content-type": "application/merge-patch+json" };

const name = fc.constantFrom("a", "b", "c", "d");
const change = fc.oneof(
  fc.record({ verb: fc.constant("create" as const), name, label: fc.constantFrom("x", "y") }),
  fc.record({ verb: fc.constant("label" as const), name, label: fc.constantFrom("x", "y") }),
  fc.record({ verb: fc.constant("delete" as const), name }),
);

const byName = (objects: Iterable<TestObject>): Record<string, string | undefined> =>
  Object.fromEntries([...objects].map(({ metadata }) => [metadata.name, metadata.resourceVersion]));

test.each(["", "labelSelector=app%3Dx", "fieldSelector=metadata.name!%3Da"])(
  "a list, followed by the events of a watch from its revision, is always what a new list shows (%s)",
  async (selector) => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 25 }), fc.nat(25), async (changes, at) => {
        await using world = await startTestServer();
        const apply = async (each: (typeof changes)[number]): Promise<void> => {
          const labels = "label" in each ? { app: each.label } : {};
          if (each.verb === "create") await world.send("POST", configMaps, { body: { metadata: { name: each.name, labels } } });
          else if (each.verb === "label")
            await world.send("PATCH", `${configMaps}/${each.name}`, { headers: merge, body: { metadata: { labels } } });
          else await world.send("DELETE", `${configMaps}/${each.name}`);
        };
        for (const each of changes.slice(0, at)) await apply(each);
        const list = (await world.send("GET", `${configMaps}?${selector}`)).json;
        const replayed = new Map(list.items.map((item) => [item.metadata.name, item]));
        const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=${list.metadata.resourceVersion}&${selector}`);
        for (const each of changes.slice(at)) await apply(each);
        let last = Number(list.metadata.resourceVersion);
        for (const { type, object } of await watch.events()) {
          // Each event at its own revision, in order; additions of what is new, changes of what is there.
          expect(Number(object.metadata.resourceVersion)).toBeGreaterThan(last);
          last = Number(object.metadata.resourceVersion);
          expect(replayed.has(object.metadata.name)).toBe(type !== "ADDED");
          if (type === "DELETED") replayed.delete(object.metadata.name);
          else replayed.set(object.metadata.name, object);
        }
        expect(byName(replayed.values())).toEqual(byName((await world.send("GET", `${configMaps}?${selector}`)).json.items));
      }),
      { numRuns: 40 },
    );
  },
);
