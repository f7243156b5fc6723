import { expired, type Handler } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { createClient } from "./client-implementation.ts";
import type { Client } from "./client.ts";
import { createInProcessTransport } from "./in-process-transport.ts";
import { listAll } from "./list-all.ts";
import { aWidget, createWorld, type Widget, WidgetKind } from "./testing/harness.ts";
import { createScriptedServer, type ScriptedServer } from "./testing/scripted-server.ts";

function setting(): { readonly server: ScriptedServer; readonly client: Client } {
  const { tasks } = createWorld();
  const server = createScriptedServer(tasks);
  const transport = createInProcessTransport({
    handle: server.handle,
    peer: { via: "in-process", user: { name: "test", groups: [] } },
    tasks,
  });
  return { server, client: createClient(transport, { fieldManager: "tester", userAgent: "kubets-test/1" }) };
}

const aList = (revision: number, items: readonly Widget[], more?: string): object => ({
  apiVersion: "test.kubets.dev/v1",
  kind: "WidgetList",
  metadata: { resourceVersion: String(revision), ...(more === undefined ? {} : { continue: more }) },
  items,
});

describe("what the client sends", () => {
  test.each(["json", "merge", "strategic", "apply"] as const)("of a patch of type %s says so", async (type) => {
    const { server, client } = setting();
    const patched = client
      .resource(WidgetKind)
      .in("default")
      .patch("a", { spec: { size: 2 } }, { type, force: true, subresource: "status", dryRun: true });
    const { request, path, query, body, answer } = await server.next();
    answer(aWidget("a", 2, { size: 2 }));
    const contentType = {
      json: "application/json-patch+json",
      merge: "application/merge-patch+json",
      strategic: "application/strategic-merge-patch+json",
      apply: "application/apply-patch+yaml",
    }[type];
    expect({
      method: request.method,
      path,
      query,
      contentType: request.headers["content-type"],
      userAgent: request.headers["user-agent"],
    }).toEqual({
      method: "PATCH",
      path: "/apis/test.kubets.dev/v1/namespaces/default/widgets/a/status",
      query: { fieldManager: "tester", force: "true", dryRun: "All" },
      contentType,
      userAgent: "kubets-test/1",
    });
    expect(body).toEqual(
      type === "apply" ? { apiVersion: "test.kubets.dev/v1", kind: "Widget", spec: { size: 2 } } : { spec: { size: 2 } },
    );
    expect((await patched).spec).toEqual({ size: 2 });
  });

  test("escapes names, and never turns an empty one into the collection", async () => {
    const { server, client } = setting();
    const widgets = client.resource(WidgetKind).in("default");
    const got = widgets.get("a/../b?c");
    const { request, answer } = await server.next();
    answer(aWidget("x", 1));
    await got;
    expect(request.target).toBe("/apis/test.kubets.dev/v1/namespaces/default/widgets/a%2F..%2Fb%3Fc");
    await expect(widgets.update({ metadata: { name: "" }, spec: { size: 1 } })).rejects.toMatchObject({ reason: "BadRequest" });
  });

  test("replaces the object in its own namespace", async () => {
    const { server, client } = setting();
    const updated = client.resource(WidgetKind).update(aWidget("a", 1, { namespace: "team" }));
    const { path, answer } = await server.next();
    answer(aWidget("a", 2));
    await updated;
    expect(path).toBe("/apis/test.kubets.dev/v1/namespaces/team/widgets/a");
  });
});

describe("what the client makes of a failure", () => {
  const failing = async (status: number, text: string): Promise<unknown> => {
    const handle: Handler = async () => ({
      status,
      headers: { "content-type": "text/plain" },
      body: { kind: "bytes", bytes: () => new TextEncoder().encode(text) },
    });
    const { tasks } = createWorld();
    const client = createClient(
      createInProcessTransport({ handle, peer: { via: "in-process", user: { name: "test", groups: [] } }, tasks }),
    );
    return client
      .resource(WidgetKind)
      .list()
      .catch((error: unknown) => error);
  };

  test.each([
    [502, "upstream is down", "InternalError", "upstream is down"],
    [404, "", "NotFound", "the server answered with HTTP status 404"],
    [429, "later", "TooManyRequests", "later"],
    [403, '{"kind":"Status","status":"Failure","message":"no","reason":"Forbidden","code":403}', "Forbidden", "no"],
  ])("that something else than an API server answered: %i %s", async (status, text, reason, message) => {
    expect(await failing(status, text)).toMatchObject({ name: "StatusError", code: status, reason, message });
  });
});

describe("listing everything", () => {
  test("asks page by page, with the conditions in the token after the first", async () => {
    const { server, client } = setting();
    const all = listAll(client.resource(WidgetKind), {
      labelSelector: "a=b",
      resourceVersion: "7",
      resourceVersionMatch: "Exact",
      limit: 1,
    });
    const first = await server.next();
    expect(first.query).toEqual({ labelSelector: "a=b", resourceVersion: "7", resourceVersionMatch: "Exact", limit: "1" });
    first.answer(aList(7, [aWidget("a", 1)], "token"));
    const second = await server.next();
    expect(second.query).toEqual({ labelSelector: "a=b", limit: "1", continue: "token" });
    second.answer(aList(7, [aWidget("b", 2)]));
    expect(await all).toEqual(aList(7, [aWidget("a", 1), aWidget("b", 2)]));
  });

  test("asks for all in one piece when the pages have expired", async () => {
    const { server, client } = setting();
    const all = listAll(client.resource(WidgetKind), { limit: 1 });
    (await server.next()).answer(aList(7, [aWidget("a", 1)], "token"));
    (await server.next()).fail(expired("The provided continue parameter is too old"));
    const whole = await server.next();
    expect(whole.query).toEqual({});
    whole.answer(aList(9, [aWidget("a", 8)]));
    expect((await all).metadata.resourceVersion).toBe("9");
  });
});
