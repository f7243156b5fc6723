import { ConfigMapKind, NamespaceKind } from "@kubets/api";
import { isStatus } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { listAll } from "./list-all.ts";
import { startServer } from "./testing/api-server.ts";

describe("the client over the real API server", () => {
  test("creates, reads, updates, patches and deletes", async () => {
    await using s = await startServer();
    const maps = s.client.resource(ConfigMapKind).in("default");
    const created = await maps.create({ metadata: { name: "a" }, data: { k: "1" } });
    expect(created).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default" }, data: { k: "1" } });
    expect(await maps.get("a")).toEqual(created);
    const updated = await maps.update({ ...created, data: { k: "2" } });
    expect(Number(updated.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion));
    const merged = await maps.patch("a", { data: { more: "3" } }, { type: "merge" });
    expect(merged.data).toEqual({ k: "2", more: "3" });
    const replaced = await maps.patch("a", [{ op: "remove", path: "/data/k" }], { type: "json" });
    expect(replaced.data).toEqual({ more: "3" });
    await maps.delete("a", { preconditions: { uid: created.metadata.uid } });
    await expect(maps.get("a")).rejects.toSatisfy((error) => isStatus(error, "NotFound"));
  });

  test("answers failures as StatusErrors with reason and details", async () => {
    await using s = await startServer();
    const maps = s.client.resource(ConfigMapKind).in("default");
    const created = await maps.create({ metadata: { name: "a" } });
    await maps.update({ ...created, data: { k: "2" } });
    const stale = maps.update({ ...created, data: { k: "3" } });
    await expect(stale).rejects.toMatchObject({ code: 409, reason: "Conflict", details: { name: "a", kind: "configmaps" } });
    await expect(maps.create({ metadata: { name: "a" } })).rejects.toMatchObject({ code: 409, reason: "AlreadyExists" });
    await expect(maps.create({ metadata: { name: "NOT a name" } })).rejects.toMatchObject({ code: 422, reason: "Invalid" });
  });

  test("hands out the server's own object, once for all readers, frozen", async () => {
    await using s = await startServer();
    const maps = s.client.resource(ConfigMapKind).in("default");
    await maps.create({ metadata: { name: "a" }, data: { k: "1" } });
    const [first, second] = [await maps.get("a"), await maps.get("a")];
    expect(first).toBe(second);
    expect(() => Object.assign(first.data!, { k: "2" })).toThrow(TypeError);
  });

  test("lists in pages, by selector, and in all namespaces", async () => {
    await using s = await startServer();
    const maps = s.client.resource(ConfigMapKind);
    for (let index = 0; index < 7; index++) {
      await maps.create({
        metadata: { name: `m${index}`, namespace: index % 2 === 0 ? "even" : "odd", labels: { third: String(index % 3) } },
      });
    }
    const page = await maps.list({ limit: 3 });
    expect({ items: page.items.length, remaining: page.metadata.remainingItemCount }).toEqual({ items: 3, remaining: 4 });
    expect((await listAll(maps, { limit: 2 })).items.map(({ metadata }) => metadata.name)).toEqual([
      "m0",
      "m2",
      "m4",
      "m6",
      "m1",
      "m3",
      "m5",
    ]);
    expect((await maps.in("odd").list()).items.map(({ metadata }) => metadata.name)).toEqual(["m1", "m3", "m5"]);
    expect((await maps.list({ labelSelector: "third=0" })).items.map(({ metadata }) => metadata.name)).toEqual(["m0", "m6", "m3"]);
    await maps.in("odd").deleteCollection({ labelSelector: "third in (0,1)" });
    expect((await maps.in("odd").list()).items.map(({ metadata }) => metadata.name)).toEqual(["m5"]);
  });

  test("watches from a revision on", async () => {
    await using s = await startServer();
    const maps = s.client.resource(ConfigMapKind).in("default");
    const first = await maps.create({ metadata: { name: "a" } });
    const second = await maps.update({ ...first, data: { k: "1" } });
    const stopping = new AbortController();
    const seen: string[] = [];
    for await (const batch of maps.watch({ resourceVersion: first.metadata.resourceVersion, signal: stopping.signal })) {
      for (const { type, object } of batch) seen.push(`${type} ${object.metadata.name} ${object.metadata.resourceVersion}`);
      if (seen.length === 1) await maps.create({ metadata: { name: "b" } });
      else break;
    }
    expect(seen[0]).toBe(`MODIFIED a ${second.metadata.resourceVersion}`);
    expect(seen[1]).toMatch(/^ADDED b /);
    stopping.abort();
  });

  test("dry run changes nothing", async () => {
    await using s = await startServer();
    const namespaces = s.client.resource(NamespaceKind);
    await namespaces.create({ metadata: { name: "team" } }, { dryRun: true });
    await expect(namespaces.get("team")).rejects.toMatchObject({ code: 404 });
  });

  test("carries the cause of a write to the store", async () => {
    await using s = await startServer();
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const caused = s.client.because({ actor: "deployment", revision: 7, object: "deployments/default/web", trace });
    await caused
      .resource(ConfigMapKind)
      .in("default")
      .create({ metadata: { name: "a" } });
    const { entries } = await s.store.list({ prefix: "" });
    const entry = entries.find(({ key }) => key.endsWith("/default/a"));
    expect(entry?.cause).toEqual({ user: "tester", actor: "deployment", revision: 7, object: "deployments/default/web", trace });
  });

  test("refuses what can't be meant before it is sent", async () => {
    await using s = await startServer();
    await expect(s.client.resource(ConfigMapKind).get("a")).rejects.toMatchObject({ reason: "BadRequest" });
    await expect(s.client.resource(ConfigMapKind).in("default").delete("")).rejects.toMatchObject({ reason: "BadRequest" });
  });

  test("a request ends at once when its signal is aborted, and all do when the transport closes", async () => {
    await using s = await startServer();
    const gone = AbortSignal.abort(new Error("changed my mind"));
    await expect(s.client.resource(ConfigMapKind).list({ signal: gone })).rejects.toThrow("changed my mind");
    const watching = s.client.resource(ConfigMapKind).watch({ sendInitialEvents: true, allowWatchBookmarks: true })[Symbol.asyncIterator]();
    await watching.next();
    const next = watching.next();
    await s.client.transport.close();
    await expect(next).rejects.toThrow("closed");
    await expect(s.client.resource(ConfigMapKind).list()).rejects.toThrow("closed");
  });
});
