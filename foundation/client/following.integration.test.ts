import { type ConfigMap, ConfigMapKind, kinds } from "@kubets/api";
import type { Kind } from "@kubets/machinery";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createInformers } from "./informers.ts";
import { type ServedWorld, startServer } from "./testing/api-server.ts";

function bothWays(s: ServedWorld) {
  const watching = createInformers({ ...s, client: s.client });
  const following = createInformers({ ...s, client: s.followingClient });
  s.defer(async () => void (await watching.stop(), await following.stop()));
  return { watching, following };
}

const nameOf = ({ metadata }: ConfigMap): string => `${metadata.namespace}/${metadata.name}`;

/** One step of somebody who works with ConfigMaps. */
const step = fc.record({
  verb: fc.constantFrom("write", "write", "delete", "settle", "restart"),
  namespace: fc.constantFrom("default", "kube-system"),
  name: fc.constantFrom("a", "b", "c"),
});

async function act(
  s: ServedWorld,
  { verb, namespace, name }: { verb: string; namespace: string; name: string },
  data: string,
): Promise<void> {
  const maps = s.client.resource(ConfigMapKind).in(namespace);
  const isThere = await maps.get(name).then(
    () => true,
    () => false,
  );
  if (verb === "restart") await s.restart();
  else if (verb === "settle") await s.tasks.settle();
  else if (verb === "delete") await (isThere ? maps.delete(name) : undefined);
  else if (isThere) await maps.patch(name, { data: { data } }, { type: "merge" });
  else await maps.create({ metadata: { name }, data: { data } });
}

describe("a kind that is followed in the server's process", () => {
  test("is told of as by a watch, whatever happens: the same objects, the same changes, the same revision", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(11), async (steps, from) => {
        await using s = await startServer();
        const { watching, following } = bothWays(s);
        const told = new Map([watching, following].map((each) => [each, { everywhere: [] as string[], default: [] as string[] }]));
        const begin = (): void => {
          for (const [informers, changes] of told)
            for (const where of ["everywhere", "default"] as const)
              informers.of(ConfigMapKind, where === "everywhere" ? {} : { namespace: where }).onChange(({ key, object, previous }) => {
                const revisions = [previous, object].map((each) => each?.metadata.resourceVersion);
                changes[where].push([key, ...revisions].join(" "));
              });
        };
        for (const [index, each] of steps.entries()) {
          if (index === from) begin();
          await act(s, each, String(index));
        }
        if (steps.length <= from) begin();
        // A watch that a restarted server ended begins anew after a moment, and may find that things have moved on.
        await s.clock.advance(60_000);
        const isUnbroken = steps.every(({ verb }) => verb !== "restart");
        const state = (informers: typeof watching): unknown => {
          const maps = informers.of(ConfigMapKind);
          const byName = (a: ConfigMap, b: ConfigMap): number => (nameOf(a) < nameOf(b) ? -1 : 1);
          return { objects: maps.list().toSorted(byName), isSynced: maps.isSynced, told: isUnbroken && told.get(informers) };
        };
        expect(state(following)).toEqual(state(watching));
        for (const each of following.of(ConfigMapKind).list()) expect(each).toBe(watching.of(ConfigMapKind).get(nameOf(each)));
      }),
      { numRuns: 40 },
    );
  });

  test("may be any kind that can be watched", async () => {
    await using s = await startServer();
    const { watching, following } = bothWays(s);
    await s.client
      .resource(ConfigMapKind)
      .in("default")
      .create({ metadata: { name: "one" } });
    const watchable = (kinds as readonly unknown[] as readonly Kind[]).filter(({ verbs }) => verbs.includes("watch"));
    const revisions = async (informers: typeof watching): Promise<unknown> => {
      for (const kind of watchable) informers.of(kind);
      await informers.synced();
      return watchable.map((kind) => [kind.resource, informers.of(kind).revision, informers.of(kind).list().length]);
    };
    expect(await revisions(following)).toEqual(await revisions(watching));
  });

  test("is followed on by a watch after a day, and nothing is missed", async () => {
    await using s = await startServer();
    const { following } = bothWays(s);
    const maps = following.of(ConfigMapKind);
    await maps.synced();
    await s.clock.advance(26 * 3_600_000);
    await act(s, { verb: "write", namespace: "default", name: "a" }, "later");
    await s.tasks.settle();
    expect(maps.list().map(({ metadata }) => metadata.name)).toEqual(["a"]);
  });

  test("isn't told of any more once its informer is stopped, and leaves nothing behind", async () => {
    await using s = await startServer();
    const { following } = bothWays(s);
    const maps = following.of(ConfigMapKind);
    await maps.synced();
    await following.stop();
    await act(s, { verb: "write", namespace: "default", name: "a" }, "unseen");
    await s.tasks.settle();
    expect({ seen: maps.list(), pending: s.tasks.pending() }).toEqual({ seen: [], pending: [] });
  });
});
