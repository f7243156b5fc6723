import { expect, test } from "vitest";
import { startTestServer, type TestObject, type TestServer } from "../testing/test-server.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";

async function create(
  world: TestServer,
  name: string,
  { namespace = "default", labels = {} }: { readonly namespace?: string; readonly labels?: object } = {},
): Promise<TestObject> {
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels } };
  return (await world.send("POST", `/api/v1/namespaces/${namespace}/configmaps`, { body })).json;
}

const namesOf = ({ items }: TestObject): readonly (string | undefined)[] => items.map(({ metadata }) => metadata.name);

test("a list holds the objects of the namespace in the order of their names, at the newest revision", async () => {
  await using world = await startTestServer();
  for (const name of ["c", "a", "b"]) await create(world, name);
  await create(world, "elsewhere", { namespace: "other" });
  const list = await world.send("GET", configMaps);
  expect(list.json).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1", metadata: { resourceVersion: "4" } });
  expect(namesOf(list.json)).toEqual(["a", "b", "c"]);
  // As upstream: the list says what its items are.
  expect(list.json.items[0]).not.toHaveProperty("kind");
  const everywhere = await world.send("GET", "/api/v1/configmaps");
  expect(namesOf(everywhere.json)).toEqual(["a", "b", "c", "elsewhere"]);
});

test("an empty list has an empty array", async () => {
  await using world = await startTestServer();
  expect((await world.send("GET", configMaps)).text).toBe(
    '{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"0"},"items":[]}\n',
  );
});

test.each([
  ["labelSelector=app%3Dweb", ["a", "b"]],
  ["labelSelector=app+in+(web,db),tier!%3Dback", ["a", "c"]],
  ["labelSelector=!app", ["d"]],
  ["fieldSelector=metadata.name%3Db", ["b"]],
  ["fieldSelector=metadata.name!%3Db", ["a", "c", "d"]],
  ["fieldSelector=metadata.namespace%3Ddefault", ["a", "b", "c", "d"]],
])("the selector %s selects", async (query, expected) => {
  await using world = await startTestServer();
  await create(world, "a", { labels: { app: "web" } });
  await create(world, "b", { labels: { app: "web", tier: "back" } });
  await create(world, "c", { labels: { app: "db" } });
  await create(world, "d");
  expect(namesOf((await world.send("GET", `/api/v1/configmaps?${query}`)).json)).toEqual(expected);
});

test("fields that the kind can't be selected by are named", async () => {
  await using world = await startTestServer();
  const answers = await Promise.all(
    ["configmaps", "pods"].map((resource) => world.send("GET", `/api/v1/${resource}?fieldSelector=spec.color%3Dred`)),
  );
  expect(answers.map(({ json }) => [json.code, json.message])).toEqual([
    [400, '"spec.color" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    [400, "field label not supported: spec.color"],
  ]);
});

test("pages together are the list as it was at the first page, whatever happens meanwhile", async () => {
  await using world = await startTestServer();
  for (const name of ["a", "b", "c", "d", "e"]) await create(world, name);
  const first = (await world.send("GET", `${configMaps}?limit=2`)).json;
  expect({ names: namesOf(first), left: first.metadata.remainingItemCount }).toEqual({ names: ["a", "b"], left: 3 });
  await create(world, "c2");
  await world.send("DELETE", `${configMaps}/d`);
  const second = (await world.send("GET", `${configMaps}?limit=2&continue=${first.metadata.continue}`)).json;
  expect({ names: namesOf(second), left: second.metadata.remainingItemCount }).toEqual({ names: ["c", "d"], left: 1 });
  const third = (await world.send("GET", `${configMaps}?limit=2&continue=${second.metadata.continue}`)).json;
  expect(namesOf(third)).toEqual(["e"]);
  expect(third.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
});

test("pages of a selection hold as many as fit and don't count the rest", async () => {
  await using world = await startTestServer();
  for (const name of ["a", "b", "c", "d", "e"]) await create(world, name, { labels: name === "b" ? {} : { app: "web" } });
  const first = (await world.send("GET", `${configMaps}?limit=3&labelSelector=app`)).json;
  expect({ names: namesOf(first), left: first.metadata.remainingItemCount }).toEqual({ names: ["a", "c", "d"], left: undefined });
  const rest = (await world.send("GET", `${configMaps}?limit=3&labelSelector=app&continue=${first.metadata.continue}`)).json;
  expect(namesOf(rest)).toEqual(["e"]);
  expect(rest.metadata.continue).toBeUndefined();
});

test("a page of a compacted revision is refused with a token for the rest as it is now", async () => {
  await using world = await startTestServer();
  for (const name of ["a", "b", "c"]) await create(world, name);
  const first = (await world.send("GET", `${configMaps}?limit=1`)).json;
  await create(world, "b2");
  await world.store.compact(await world.store.currentRevision());
  const refused = (await world.send("GET", `${configMaps}?limit=1&continue=${first.metadata.continue}`)).json;
  expect(refused).toMatchObject({ code: 410, reason: "Expired" });
  const rest = (await world.send("GET", `${configMaps}?continue=${refused.metadata.continue}`)).json;
  expect(namesOf(rest)).toEqual(["b", "b2", "c"]);
});

test("a list at an exact revision is the list of then", async () => {
  await using world = await startTestServer();
  await create(world, "a");
  await create(world, "b");
  await world.send("DELETE", `${configMaps}/a`);
  const then = (await world.send("GET", `${configMaps}?resourceVersion=2&resourceVersionMatch=Exact`)).json;
  expect({ names: namesOf(then), revision: then.metadata.resourceVersion }).toEqual({ names: ["a", "b"], revision: "2" });
  const notOlder = (await world.send("GET", `${configMaps}?resourceVersion=2&resourceVersionMatch=NotOlderThan`)).json;
  expect({ names: namesOf(notOlder), revision: notOlder.metadata.resourceVersion }).toEqual({ names: ["b"], revision: "3" });
});

test("a compacted exact revision is expired", async () => {
  await using world = await startTestServer();
  for (const name of ["a", "b", "c"]) await create(world, name);
  await world.store.compact(await world.store.currentRevision());
  const answer = (await world.send("GET", `${configMaps}?resourceVersion=1&resourceVersionMatch=Exact`)).json;
  expect(answer).toMatchObject({ code: 410, reason: "Expired", message: "The resourceVersion for the provided list is too old." });
});

test("a revision from the future is waited for, then refused", async () => {
  await using world = await startTestServer();
  await create(world, "a");
  const soon = world.send("GET", `${configMaps}?resourceVersion=2`);
  await create(world, "b");
  expect(namesOf((await soon).json)).toEqual(["a", "b"]);
  const never = world.send("GET", `${configMaps}/a?resourceVersion=99`);
  await world.clock.advance(3000);
  expect((await never).json).toMatchObject({
    code: 504,
    reason: "Timeout",
    message: "Timeout: Too large resource version: 99, current: 2",
    details: { retryAfterSeconds: 1, causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }] },
  });
});

test.each([
  [
    "resourceVersionMatch=Exact",
    422,
    "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
  ],
  [
    "resourceVersion=0&resourceVersionMatch=Exact",
    422,
    'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  ],
  [
    "resourceVersion=1&resourceVersionMatch=Maybe",
    422,
    'resourceVersionMatch: Unsupported value: "Maybe": supported values: "Exact", "NotOlderThan", ""',
  ],
  ["sendInitialEvents=true", 422, "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list"],
  ["limit=many", 400, 'strconv.ParseInt: parsing "many": invalid syntax'],
  ["continue=nonsense", 400, "continue key is not valid"],
  ["labelSelector=a%3D%3D%3Db", 400, ""],
])("a list with %s is refused", async (query, code, message) => {
  await using world = await startTestServer();
  const { json } = await world.send("GET", `${configMaps}?${query}`);
  expect(json.code, json.message).toBe(code);
  expect(json.message).toContain(message);
});

test("a table has the columns of the kind and a row for each object", async () => {
  await using world = await startTestServer();
  await world.send("POST", configMaps, {
    body: { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a" }, data: { x: "1", y: "2" } },
  });
  await world.clock.advance(90_000);
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
  const { json } = await world.send("GET", configMaps, { headers: { accept } });
  expect(json).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1", metadata: { resourceVersion: "1" } });
  expect(json.columnDefinitions?.map(({ name }) => name)).toEqual(["Name", "Data", "Age"]);
  expect(json.rows).toMatchObject([
    { cells: ["a", 2, "90s"], object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name: "a" } } },
  ]);
  const one = await world.send("GET", `${configMaps}/a?includeObject=Object`, { headers: { accept } });
  expect(one.json.rows[0]?.object).toMatchObject({ kind: "ConfigMap", data: { x: "1", y: "2" } });
  const none = await world.send("GET", `${configMaps}/a?includeObject=None`, { headers: { accept } });
  expect(none.json.rows[0]).not.toHaveProperty("object");
});

test("a list of metadata leaves the rest out", async () => {
  await using world = await startTestServer();
  await create(world, "a");
  const { json } = await world.send("GET", configMaps, {
    headers: { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io" },
  });
  expect(json).toMatchObject({
    kind: "PartialObjectMetadataList",
    apiVersion: "meta.k8s.io/v1",
    items: [{ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name: "a" } }],
  });
});

test.each(["keeps the pieces", "passes them on"] as const)(
  "a long list is streamed in pieces that together are the list (its reader %s)",
  async (reader) => {
    await using world = await startTestServer();
    const values = Array.from({ length: 60 }, (_, index) => String(index).padEnd(index === 30 ? 400_000 : 20_000, "x"));
    for (const [index, value] of values.entries()) {
      const name = `n${String(index).padStart(2, "0")}`;
      await world.send("POST", configMaps, { body: { kind: "ConfigMap", apiVersion: "v1", metadata: { name }, data: { value } } });
    }
    const answer = await world.server.handle(
      { method: "GET", target: configMaps, headers: {} },
      { via: "network", address: "" },
      new AbortController().signal,
    );
    if (!("body" in answer) || answer.body.kind !== "stream") throw new Error("a long list is a stream");
    const pieces: Uint8Array[] = [];
    for await (const chunk of answer.body.chunks) {
      if (reader === "keeps the pieces") pieces.push(chunk.bytes());
      else {
        pieces.push(chunk.bytes().slice());
        chunk.delivered?.();
      }
    }
    expect(pieces.length).toBeGreaterThan(3);
    const list = JSON.parse(Buffer.concat(pieces).toString()) as TestObject;
    expect(list.items.map(({ data }) => data.value)).toEqual(values);
  },
);

test("a list is answered as YAML to who asks for it", async () => {
  await using world = await startTestServer();
  await create(world, "a");
  const { text, headers } = await world.send("GET", `${configMaps}/a`, { headers: { accept: "application/yaml" } });
  expect(headers["content-type"]).toBe("application/yaml");
  expect(text).toContain("kind: ConfigMap\nmetadata:\n");
});
