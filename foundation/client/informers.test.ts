import { expired, invalid, invalidObject, StatusError } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { createClient } from "./client-implementation.ts";
import { createInProcessTransport } from "./in-process-transport.ts";
import type { Informer, Informers, ObjectChange } from "./informer.ts";
import { createInformers } from "./informers.ts";
import { aWidget, createWorld, type Widget, WidgetKind, type World } from "./testing/harness.ts";
import {
  added,
  bookmark,
  createScriptedServer,
  deleted,
  initialEventsEnd,
  modified,
  type ScriptedServer,
} from "./testing/scripted-server.ts";

interface Setting extends World, AsyncDisposable {
  readonly server: ScriptedServer;
  readonly informers: Informers;
  readonly widgets: Informer<Widget>;
}

function setting({ remote = false }: { readonly remote?: boolean } = {}): Setting {
  const world = createWorld();
  const server = createScriptedServer(world.tasks);
  const transport = createInProcessTransport({
    handle: server.handle,
    peer: { via: "in-process", user: { name: "test", groups: [] } },
    tasks: world.tasks,
  });
  const informers = createInformers({ client: createClient(remote ? { ...transport, sharesObjects: false } : transport), ...world });
  return {
    ...world,
    server,
    informers,
    widgets: informers.of(WidgetKind),
    async [Symbol.asyncDispose]() {
      await informers.stop();
      expect(world.tasks.failures).toEqual([]);
      expect(world.tasks.pending()).toEqual([]);
    },
  };
}

const names = (widgets: readonly Widget[]): readonly string[] => widgets.map(({ metadata }) => metadata.name).sort();

/** What a listener was told, in short: `+a1` new at revision 1, `~a2` changed, `-a` gone. */
function told(informer: Informer<Widget>): string[] {
  const changes: string[] = [];
  informer.onChange(({ object, previous }: ObjectChange<Widget>) => {
    if (object === undefined) changes.push(`-${previous!.metadata.name}`);
    else changes.push(`${previous === undefined ? "+" : "~"}${object.metadata.name}${object.metadata.resourceVersion}`);
  });
  return changes;
}

describe("an informer", () => {
  test("lists in one stream with the watch, and is synced when all of it is in the cache", async () => {
    await using s = setting();
    const first = await s.server.next();
    expect(first.path).toBe("/apis/test.kubets.dev/v1/widgets");
    expect(first.query).toMatchObject({
      watch: "true",
      sendInitialEvents: "true",
      resourceVersionMatch: "NotOlderThan",
      allowWatchBookmarks: "true",
    });
    const watch = first.stream();
    watch.send(added(aWidget("a", 1)), added(aWidget("b", 2)));
    await s.tasks.settle();
    expect({ isSynced: s.widgets.isSynced, seen: s.widgets.list() }).toEqual({ isSynced: false, seen: [] });
    watch.send(initialEventsEnd(7), added(aWidget("c", 8)));
    await s.widgets.synced();
    await s.tasks.settle();
    expect({ isSynced: s.widgets.isSynced, names: names(s.widgets.list()), revision: s.widgets.revision }).toEqual({
      isSynced: true,
      names: ["a", "b", "c"],
      revision: 8,
    });
  });

  test("tells its listeners of every change, beginning with what is there", async () => {
    await using s = setting();
    const watch = (await s.server.next()).stream();
    watch.send(added(aWidget("a", 1)), initialEventsEnd(1));
    await s.tasks.settle();
    const changes = told(s.widgets);
    watch.send(added(aWidget("b", 2)), modified(aWidget("a", 3)), deleted(aWidget("b", 4)));
    watch.send(modified(aWidget("a", 3)));
    await s.tasks.settle();
    expect(changes).toEqual(["+a1", "+b2", "~a3", "-b"]);
  });

  test("hands out the very objects of the server", async () => {
    await using s = setting();
    const widget = Object.freeze(aWidget("a", 1));
    (await s.server.next()).stream().send(added(widget), initialEventsEnd(1));
    await s.tasks.settle();
    expect(s.widgets.get("default/a")).toBe(widget);
  });

  test("watches on from the last revision when the watch ends, bookmarks included", async () => {
    await using s = setting();
    const watch = (await s.server.next()).stream();
    watch.send(added(aWidget("a", 1)), initialEventsEnd(1));
    watch.send(bookmark(40));
    watch.end();
    const second = await s.server.next();
    expect(second.query).toMatchObject({ watch: "true", resourceVersion: "40" });
    expect(second.query["sendInitialEvents"]).toBeUndefined();
    second.stream().send(modified(aWidget("a", 41)));
    await s.tasks.settle();
    expect(s.widgets.get("default/a")?.metadata.resourceVersion).toBe("41");
  });

  test("backs off when the server can't be reached, says so, and goes on where it was", async () => {
    await using s = setting();
    const watch = (await s.server.next()).stream();
    watch.send(added(aWidget("a", 1)), initialEventsEnd(1));
    await s.tasks.settle();
    watch.end(new Error("connection reset"));
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      await s.tasks.settle();
      const due = s.clock.nextTimer()!;
      waits.push(due - s.clock.now());
      await s.clock.advance(due - s.clock.now());
      const retry = await s.server.next();
      expect(retry.query).toMatchObject({ resourceVersion: "1" });
      retry.breakDown(new Error("connection refused"));
    }
    expect(waits.every((wait, index) => wait >= Math.min(800 * 2 ** index, 15_000) && wait <= Math.min(1600 * 2 ** index, 30_000))).toBe(
      true,
    );
    expect(s.logged.filter(({ level }) => level === "warn").map(({ sentence }) => sentence)).toEqual(waits.map(() => "Watch failed"));
    await s.clock.advance(30_000);
    (await s.server.next()).stream().send(modified(aWidget("a", 2)));
    await s.tasks.settle();
    expect(s.widgets.revision).toBe(2);
    expect(s.logged.at(-1)).toMatchObject({ level: "info", sentence: "Watch resumed" });
  });

  test.each([
    ["an error event", "event"],
    ["the answer", "answer"],
  ])("lists again when the server no longer knows the revision (by %s), and tells what happened meanwhile", async (_, by) => {
    await using s = setting();
    const changes = told(s.widgets);
    const watch = (await s.server.next()).stream();
    watch.send(
      added(aWidget("stays", 1)),
      added(aWidget("changes", 2)),
      added(aWidget("goes", 3)),
      added(aWidget("replaced", 4)),
      initialEventsEnd(4),
    );
    watch.send(bookmark(5));
    await s.tasks.settle();
    changes.length = 0;
    const error = expired("too old resource version: 5 (90)");
    if (by === "event") watch.send({ type: "ERROR", object: error.status });
    else {
      watch.end();
      (await s.server.next()).fail(error);
    }
    const again = await s.server.next();
    expect(again.query).toMatchObject({ sendInitialEvents: "true" });
    again
      .stream()
      .send(
        added(aWidget("stays", 1)),
        added(aWidget("changes", 91)),
        added(aWidget("replaced", 92, { uid: "another" })),
        added(aWidget("new", 93)),
        initialEventsEnd(95),
      );
    await s.tasks.settle();
    expect(changes).toEqual(["-goes", "~changes91", "-replaced", "+replaced92", "+new93"]);
    expect(s.widgets.revision).toBe(95);
  });

  test("backs off between lists when every revision it gets is too old", async () => {
    await using s = setting();
    for (let round = 0; round < 3; round++) {
      const watch = (await s.server.next()).stream();
      watch.send(added(aWidget("a", 1)), initialEventsEnd(1), { type: "ERROR", object: expired("too old").status });
      await s.tasks.settle();
      const due = s.clock.nextTimer();
      expect(due).toBeGreaterThanOrEqual(s.clock.now() + 800 * 2 ** round);
      await s.clock.advance(due! - s.clock.now());
    }
  });

  test("starts over with a server whose history is another one", async () => {
    await using s = setting();
    const watch = (await s.server.next()).stream();
    watch.send(added(aWidget("a", 900)), initialEventsEnd(900));
    watch.end();
    const tooLarge = new StatusError(504, "Timeout", "Timeout: Too large resource version: 900, current: 3", {
      details: { causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }], retryAfterSeconds: 1 },
    });
    (await s.server.next()).fail(tooLarge);
    (await s.server.next()).stream().send(added(aWidget("b", 3)), initialEventsEnd(3));
    await s.tasks.settle();
    expect({ names: names(s.widgets.list()), revision: s.widgets.revision }).toEqual({ names: ["b"], revision: 3 });
  });

  test("lists in pages from a server that can't stream lists", async () => {
    await using s = setting();
    (await s.server.next()).fail(
      invalidObject({ group: "meta.k8s.io", kind: "ListOptions" }, "", [invalid("sendInitialEvents", true, "unknown")]),
    );
    const first = await s.server.next();
    expect(first.query).toEqual({ limit: "500" });
    first.answer({
      kind: "WidgetList",
      apiVersion: "test.kubets.dev/v1",
      metadata: { resourceVersion: "9", continue: "more" },
      items: [aWidget("a", 1)],
    });
    const second = await s.server.next();
    expect(second.query).toEqual({ limit: "500", continue: "more" });
    second.answer({ kind: "WidgetList", apiVersion: "test.kubets.dev/v1", metadata: { resourceVersion: "9" }, items: [aWidget("b", 2)] });
    const watch = await s.server.next();
    expect(watch.query).toMatchObject({ watch: "true", resourceVersion: "9" });
    watch.stream().send(added(aWidget("c", 10)));
    await s.tasks.settle();
    expect(names(s.widgets.list())).toEqual(["a", "b", "c"]);
  });

  test("gets around an event that can't be read by listing again", async () => {
    await using s = setting();
    const watch = (await s.server.next()).stream();
    watch.send(added(aWidget("a", 1)), initialEventsEnd(1));
    watch.send(bookmark(2));
    watch.sendBytes(`{"type":"ADDED","object":{"metadata"\n`);
    await s.clock.advance(2_000);
    const second = await s.server.next();
    expect(second.query).toMatchObject({ resourceVersion: "2" });
    second.stream().sendBytes(`{"type":"ADDED","object":{"metadata"\n`);
    await s.clock.advance(4_000);
    const third = await s.server.next();
    expect(third.query).toMatchObject({ sendInitialEvents: "true" });
    third.stream().send(added(aWidget("a", 1)), added(aWidget("b", 3)), initialEventsEnd(3));
    await s.tasks.settle();
    expect(names(s.widgets.list())).toEqual(["a", "b"]);
  });

  test("gives up on a watch that the server neither feeds nor ends", async () => {
    await using s = setting({ remote: true });
    const silent = await s.server.next();
    silent.stream().send(added(aWidget("a", 1)), initialEventsEnd(1));
    await s.clock.advance(631_000);
    expect(silent.signal.aborted).toBe(true);
    expect((await s.server.next()).query).toMatchObject({ resourceVersion: "1" });
  });

  test("finds objects by namespace, owner, selector and indexes added at any time", async () => {
    await using s = setting();
    const owned = aWidget("owned", 2, { ownerReferences: [{ apiVersion: "v1", kind: "Owner", name: "o", uid: "o-1", controller: true }] });
    const watch = (await s.server.next()).stream();
    watch.send(
      added(aWidget("a", 1, { labels: { tier: "web" } })),
      added(owned),
      added(aWidget("far", 3, { namespace: "other" })),
      initialEventsEnd(3),
    );
    await s.tasks.settle();
    s.widgets.addIndex("size", sizeOf);
    s.widgets.addIndex("size", sizeOf);
    const found = () => ({
      inDefault: names(s.widgets.list({ namespace: "default" })),
      byOwner: names(s.widgets.byIndex("owner", "o-1")),
      web: names(s.widgets.list({ selector: { matchLabels: { tier: "web" } } })),
      big: names(s.widgets.byIndex("size", "9")),
    });
    expect(found()).toEqual({ inDefault: ["a", "owned"], byOwner: ["owned"], web: ["a"], big: [] });
    watch.send(modified(aWidget("a", 4, { size: 9 })), deleted({ ...owned, metadata: { ...owned.metadata, resourceVersion: "5" } }));
    await s.tasks.settle();
    expect(found()).toEqual({ inDefault: ["a"], byOwner: [], web: [], big: ["a"] });
    expect(() => s.widgets.byIndex("colour", "red")).toThrow(/no such index/);
    expect(() => s.widgets.addIndex("size", (widget) => sizeOf(widget))).toThrow(/another index/);
  });

  test("resolves `reached` when the cache has come that far", async () => {
    await using s = setting();
    const watch = (await s.server.next()).stream();
    watch.send(initialEventsEnd(5));
    await s.tasks.settle();
    let reached = 0;
    const waits = [s.widgets.reached(5), s.widgets.reached(6), s.widgets.reached(7)].map((wait) => wait.then(() => reached++));
    await s.tasks.settle();
    expect(reached).toBe(1);
    watch.send(added(aWidget("a", 6)));
    await s.tasks.settle();
    expect(reached).toBe(2);
    watch.send(bookmark(7));
    await Promise.all(waits);
    const given = new AbortController();
    const never = s.widgets.reached(99, given.signal);
    given.abort(new Error("enough"));
    await expect(never).rejects.toThrow("enough");
  });

  test("goes on when a listener throws, and says so", async () => {
    await using s = setting();
    s.widgets.onChange(() => {
      throw new Error("careless");
    });
    const changes = told(s.widgets);
    (await s.server.next()).stream().send(added(aWidget("a", 1)), initialEventsEnd(1));
    await s.tasks.settle();
    expect(changes).toEqual(["+a1"]);
    expect(s.logged.map(({ level, fields }) => [level, fields["key"]])).toEqual([["error", "default/a"]]);
  });

  test("is shared by all who ask for the same kind and selection", async () => {
    await using s = setting();
    expect(s.informers.of(WidgetKind)).toBe(s.widgets);
    const selected = s.informers.of(WidgetKind, { namespace: "other", fieldSelector: "metadata.name=a" });
    expect(selected).not.toBe(s.widgets);
    await s.server.next();
    const request = await s.server.next();
    expect(request.path).toBe("/apis/test.kubets.dev/v1/namespaces/other/widgets");
    expect(request.query).toMatchObject({ fieldSelector: "metadata.name=a" });
  });

  test("reads everything anew when somebody is in doubt, and tells what the watch had missed", async () => {
    await using s = setting();
    const changes = told(s.widgets);
    const watch = await s.server.next();
    watch.stream().send(added(aWidget("a", 1)), added(aWidget("b", 2)), initialEventsEnd(2));
    await s.tasks.settle();
    const refreshed = Promise.all([s.widgets.refresh(), s.widgets.refresh()]);
    const again = await s.server.next();
    expect(watch.signal.aborted).toBe(true);
    expect(again.query).toMatchObject({ sendInitialEvents: "true" });
    again.stream().send(added(aWidget("b", 2)), added(aWidget("c", 3)), initialEventsEnd(3));
    await refreshed;
    expect(changes).toEqual(["+a1", "+b2", "-a", "+c3"]);
  });

  test("reads everything anew also when the doubt comes while it waits to watch on", async () => {
    await using s = setting();
    const watch = (await s.server.next()).stream();
    watch.send(added(aWidget("a", 1)), initialEventsEnd(1));
    await s.tasks.settle();
    watch.end(new Error("connection reset"));
    await s.tasks.settle();
    const refreshed = s.widgets.refresh();
    await s.clock.advance(1600);
    const again = await s.server.next();
    expect(again.query).toMatchObject({ sendInitialEvents: "true" });
    again.stream().send(initialEventsEnd(2));
    await refreshed;
    expect(s.widgets.list()).toEqual([]);
  });

  test("ends with its watches when stopped, and tells whoever waits", async () => {
    const s = setting();
    const request = await s.server.next();
    request.stream().send(added(aWidget("a", 1)));
    const synced = s.widgets.synced();
    const refreshed = s.widgets.refresh();
    await s.informers.stop();
    await expect(synced).rejects.toThrow("stopped");
    await expect(refreshed).rejects.toThrow("stopped");
    await expect(s.widgets.reached(9)).rejects.toThrow("stopped");
    expect(request.signal.aborted).toBe(true);
    await s.tasks.settle();
    expect(s.tasks.failures).toEqual([]);
  });
});

const sizeOf = ({ spec }: Widget): readonly string[] => [String(spec.size)];
