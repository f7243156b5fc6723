import { ConfigMapKind } from "@kubets/api";
import { formatCbor, type ObjectNode, parseCbor } from "@kubets/machinery";
import { expect, test } from "vitest";
import { formatProtobuf } from "../request/protobuf-write.ts";
import { openEnvelope, readMessage } from "../request/protobuf.ts";
import { type Answer, network, startTestServer, type TestServer } from "../testing/test-server.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";
const protobuf = "application/vnd.kubernetes.protobuf";
const node = ConfigMapKind.schema.node as ObjectNode;

async function withConfigMaps(world: TestServer, ...names: readonly string[]): Promise<void> {
  for (const name of names) await world.send("POST", configMaps, { body: { metadata: { name }, data: { key: name } } });
}

const get = (world: TestServer, target: string, accept: string): Promise<Answer> => world.send("GET", target, { headers: { accept } });

function fromProtobuf({ bytes }: Pick<Answer, "bytes">, schema: ObjectNode = node): unknown {
  const { message, kind, apiVersion } = openEnvelope(bytes);
  return { kind, apiVersion, ...readMessage(schema, message) };
}

/** A list's message: its items as objects of the schema. */
function itemsOf(message: Uint8Array): readonly unknown[] {
  const listNode: ObjectNode = {
    type: "object",
    name: "List",
    doc: "",
    atomic: false,
    fields: () => ({ items: { field: 2, doc: "", required: false, schema: { node: { type: "list", items: node } } } }),
  };
  return readMessage(listNode, message).items as readonly unknown[];
}

test("an object is answered in the form that is asked for", async () => {
  await using world = await startTestServer();
  await withConfigMaps(world, "a");
  const { json } = await get(world, `${configMaps}/a`, "application/json");
  const inProtobuf = await get(world, `${configMaps}/a`, `${protobuf},application/json`);
  expect(inProtobuf.headers["content-type"]).toBe(protobuf);
  expect(fromProtobuf(inProtobuf)).toMatchObject({ ...json, metadata: { ...json.metadata, managedFields: expect.anything() } });
  const inCbor = await get(world, `${configMaps}/a`, "application/cbor");
  expect(inCbor.headers["content-type"]).toBe("application/cbor");
  expect(parseCbor(inCbor.bytes)).toEqual(json);
});

test("objects are taken in every form, and answered in it", async () => {
  await using world = await startTestServer();
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "p" }, data: { a: "1" } };
  const created = await world.send("POST", configMaps, {
    headers: { "content-type": protobuf, accept: protobuf },
    body: formatProtobuf(node, object, { apiVersion: "v1", kind: "ConfigMap" }),
  });
  expect(created.status).toBe(201);
  expect(fromProtobuf(created)).toMatchObject({ metadata: { name: "p" }, data: { a: "1" } });
  const cbor = await world.send("POST", configMaps, {
    headers: { "content-type": "application/cbor", accept: "application/cbor" },
    body: formatCbor({ ...object, metadata: { name: "c" } }),
  });
  expect(parseCbor(cbor.bytes)).toMatchObject({ metadata: { name: "c" }, data: { a: "1" } });
});

test("lists have the same items in every form", async () => {
  await using world = await startTestServer();
  await withConfigMaps(world, "a", "b", "c");
  const { json } = await get(world, configMaps, "application/json");
  const { message, ...type } = openEnvelope((await get(world, configMaps, protobuf)).bytes);
  expect(type).toEqual({ apiVersion: "v1", kind: "ConfigMapList" });
  expect(itemsOf(message)).toMatchObject(json.items.map(({ metadata: { name }, data }) => ({ metadata: { name }, data })));
  const cbor = parseCbor((await get(world, configMaps, "application/cbor")).bytes) as typeof json;
  expect({ ...cbor, items: cbor.items.length }).toEqual({ ...json, items: 3 });
  expect(cbor.items.map(({ data }) => data)).toEqual(json.items.map(({ data }) => data));
});

test("a long list comes in pieces that others run between, and is whole", async () => {
  await using world = await startTestServer();
  const filler = "x".repeat(40_000);
  for (let index = 0; index < 30; index++) {
    await world.send("POST", configMaps, { body: { metadata: { name: `c${index}` }, data: { filler } } });
  }
  const answer = await world.server.handle(
    { method: "GET", target: configMaps, headers: { accept: protobuf } },
    network,
    new AbortController().signal,
  );
  expect(answer).toMatchObject({ body: { kind: "stream" } });
  expect(itemsOf(openEnvelope((await get(world, configMaps, protobuf)).bytes).message)).toHaveLength(30);
});

/** All of a watch that lasts a second. */
async function watched(world: TestServer, target: string, accept: string): Promise<Answer> {
  const reading = get(world, `${target}?watch=true&resourceVersion=0&timeoutSeconds=1`, accept);
  await world.clock.advance(1000);
  return reading;
}

const eventNode: ObjectNode = {
  type: "object",
  name: "WatchEvent",
  doc: "",
  atomic: false,
  fields: () => ({
    type: { field: 1, doc: "", required: true, schema: { node: { type: "string" } } },
    object: { field: 2, doc: "", required: true, schema: { node: rawNode } },
  }),
};
const rawNode: ObjectNode = {
  type: "object",
  name: "RawExtension",
  doc: "",
  atomic: false,
  fields: () => ({ raw: { field: 1, doc: "", required: true, schema: { node: { type: "bytes" } } } }),
};

test("a watch in protobuf is frames of events behind their length", async () => {
  await using world = await startTestServer();
  await withConfigMaps(world, "a", "b");
  const { headers, bytes } = await watched(world, configMaps, `application/json;stream=none,${protobuf};stream=watch`);
  expect(headers["content-type"]).toBe(`${protobuf};stream=watch`);
  const events: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
    const event = readMessage(eventNode, bytes.subarray(at + 4, at + 4 + length)) as { type: string; object: { raw: string } };
    events.push({
      type: event.type,
      object: fromProtobuf({ bytes: Uint8Array.from(atob(event.object.raw), (char) => char.charCodeAt(0)) }),
    });
    at += 4 + length;
  }
  expect(events).toMatchObject([
    { type: "ADDED", object: { kind: "ConfigMap", metadata: { name: "a" } } },
    { type: "ADDED", object: { kind: "ConfigMap", metadata: { name: "b" } } },
  ]);
});

test("a watch in CBOR is a sequence of events", async () => {
  await using world = await startTestServer();
  await withConfigMaps(world, "a");
  const { headers, bytes } = await watched(world, configMaps, "application/cbor");
  expect(headers["content-type"]).toBe("application/cbor-seq");
  expect(parseCbor(bytes)).toMatchObject({ type: "ADDED", object: { kind: "ConfigMap", metadata: { name: "a" } } });
});

test("metadata alone has a message for every kind, a Table none", async () => {
  await using world = await startTestServer();
  await withConfigMaps(world, "a");
  const as = (form: string): string => `${protobuf};as=${form};g=meta.k8s.io;v=v1`;
  const partial = await get(world, `${configMaps}/a`, as("PartialObjectMetadata"));
  expect(fromProtobuf(partial)).toMatchObject({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name: "a" } });
  const list = await get(world, configMaps, as("PartialObjectMetadataList"));
  expect(openEnvelope(list.bytes).kind).toBe("PartialObjectMetadataList");
  const table = await get(world, configMaps, `${as("Table")},application/json;as=Table;g=meta.k8s.io;v=v1`);
  expect(table.json.kind).toBe("Table");
  expect((await get(world, configMaps, as("Table"))).status).toBe(406);
});

test("what failed is said in the form that was asked for", async () => {
  await using world = await startTestServer();
  const cbor = await get(world, `${configMaps}/absent`, "application/cbor");
  expect(parseCbor(cbor.bytes)).toMatchObject({ kind: "Status", reason: "NotFound" });
  const inProtobuf = await get(world, `${configMaps}/absent`, protobuf);
  expect(openEnvelope(inProtobuf.bytes)).toMatchObject({ kind: "Status", apiVersion: "v1" });
  const none = await get(world, configMaps, "text/html");
  expect([none.status, none.json.message]).toEqual([
    406,
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/cbor",
  ]);
  expect((await get(world, `${configMaps}?watch=true`, "application/yaml")).status).toBe(406);
});
