import {
  type CustomResourceDefinition,
  CustomResourceDefinitionKind,
  type CustomResourceDefinitionVersion,
  type JSONSchemaProps,
} from "@kubets/api";
import type { ResourceClient } from "@kubets/client";
import { expect, test } from "vitest";
import { type GroupList, readJson, type ResourceList } from "../api-operations.ts";
import { conformanceCluster, namesIn, record, refusal } from "../conformance-cluster.ts";
import { aDefinition, type CustomObject, define, objectsOf } from "../custom-resources.ts";

const cluster = conformanceCluster();
type Properties = Readonly<Record<string, JSONSchemaProps>>;
const definitions = (): ResourceClient<CustomResourceDefinition> => cluster.client.resource(CustomResourceDefinitionKind);

test("AM-033 a definition is created, becomes established, and can be deleted", async () => {
  const { definition } = await define(cluster, { group: "am033.example.com", kind: "Thing" });
  await definitions().delete(definition.metadata.name);
  await cluster.until(async () => expect(await refusal(definitions().get(definition.metadata.name))).toBe("NotFound"));
});

test("AM-034 the status of a definition is read, updated and patched by itself, and what was written stays", async () => {
  const { definition } = await define(cluster, { group: "am034.example.com", kind: "Thing" });
  const { name } = definition.metadata;
  const condition = { type: "StatusUpdate", status: "True", reason: "E2E", message: "Set by a client" };
  const read = (await definitions().subresource(name, "status").get()) as CustomResourceDefinition;
  await definitions().updateStatus({ ...read, status: { ...read.status, conditions: [...(read.status.conditions ?? []), condition] } });
  expect((await definitions().get(name)).status.conditions).toContainEqual(expect.objectContaining(condition));
  const patched = { ...condition, type: "StatusPatched" };
  await definitions().patch(name, [{ op: "add", path: "/status/conditions", value: [...(read.status.conditions ?? []), patched] }], {
    type: "json",
    subresource: "status",
  });
  await cluster.until(async () => {
    expect((await definitions().get(name)).status.conditions).toContainEqual(expect.objectContaining(patched));
  });
});

test("AM-035 ten definitions are listed by their label, and deleted by it together", async () => {
  const labels = { run: "am035" };
  const labelSelector = "run=am035";
  for (let index = 0; index < 10; index++)
    await definitions().create(aDefinition({ group: `am035-${index}.example.com`, kind: "Thing", labels }));
  await definitions().create(aDefinition({ group: "am035-other.example.com", kind: "Thing" }));
  expect(await namesIn(definitions(), { labelSelector })).toHaveLength(10);
  await definitions().deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(definitions(), { labelSelector })).toEqual([]));
  expect(await namesIn(definitions())).toContain("things.am035-other.example.com");
});

test("AM-036 defaults are filled in for requests and for what is read from the store, and stay once they were written", async () => {
  const specWith = (properties: Properties): Pick<CustomResourceDefinitionVersion, "schema"> => ({
    schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } } },
  });
  const text = { type: "string" };
  const { definition, objects } = await define(cluster, {
    group: "am036.example.com",
    kind: "Thing",
    versions: [specWith({ a: { ...text, default: "A" }, b: text, c: text })],
  });
  const things = objects().in("default");
  expect((await things.create({ metadata: { name: "first" }, spec: { c: "C" } })).spec).toEqual({ a: "A", c: "C" });

  const redefine = async (properties: Properties): Promise<void> => {
    const versions = definition.spec.versions.map((version) => ({ ...version, ...specWith(properties) }));
    await definitions().patch(definition.metadata.name, { spec: { versions } }, { type: "merge" });
  };
  await redefine({ a: { ...text, default: "A" }, b: { ...text, default: "B" }, c: text });
  await cluster.until(async () => expect((await things.get("first")).spec).toEqual({ a: "A", b: "B", c: "C" }));
  // Written by whoever changes anything of the object.
  await things.patch("first", { metadata: { labels: { touched: "true" } } }, { type: "merge" });
  await redefine({ a: text, b: text, c: text });
  await cluster.until(async () => expect((await things.create({ metadata: { generateName: "later-" }, spec: {} })).spec).toEqual({}));
  expect((await things.get("first")).spec).toEqual({ a: "A", b: "B", c: "C" });
});

test("AM-037 the documents of discovery name definitions", async () => {
  const { groups } = (await readJson(cluster.client, "/apis")) as GroupList;
  const group = groups.find(({ name }) => name === "apiextensions.k8s.io");
  expect(group?.versions).toContainEqual({ groupVersion: "apiextensions.k8s.io/v1", version: "v1" });
  expect((await readJson(cluster.client, "/apis/apiextensions.k8s.io")) as object).toMatchObject(group!);
  const { resources } = (await readJson(cluster.client, "/apis/apiextensions.k8s.io/v1")) as ResourceList;
  expect(resources.map(({ name }) => name)).toContain("customresourcedefinitions");
});

test("AM-032 a watch of custom objects sees each created, modified and deleted", async () => {
  const { objects } = await define(cluster, { group: "am032.example.com", kind: "Noxu", scope: "Cluster" });
  await using recording = await record(objects());
  for (const name of ["first", "second"]) await objects().create({ metadata: { name } });
  for (const name of ["first", "second"]) await objects().patch(name, { metadata: { labels: { touched: name } } }, { type: "merge" });
  for (const name of ["first", "second"]) await objects().delete(name);
  await cluster.until(async () => {
    expect(recording.told).toEqual(["ADDED first", "ADDED second", "MODIFIED first", "MODIFIED second", "DELETED first", "DELETED second"]);
  });
});

interface AggregatedDiscovery {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly { readonly version: string; readonly resources: readonly { readonly resource: string }[] }[];
  }[];
}

async function discovered(version: "v2" | "v2beta1", group: string): Promise<readonly string[]> {
  const accept = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  const answer = await cluster.client.transport.send({ method: "GET", target: "/apis", headers: { accept } }, new AbortController().signal);
  expect(answer.headers["content-type"]).toBe(accept);
  const { items } = (await answer.object()) as AggregatedDiscovery;
  const versions = items.find(({ metadata }) => metadata.name === group)?.versions ?? [];
  return versions.flatMap((each) => each.resources.map(({ resource }) => `${each.version}/${resource}`));
}

test("AM-026 a client that asks for everything at once finds a new definition", async () => {
  await define(cluster, { group: "am026.example.com", kind: "Thing" });
  await cluster.until(async () => expect(await discovered("v2", "am026.example.com")).toEqual(["v1/things"]));
});

test("AM-028 the document of everything gains an entry for a new definition, in both of its versions", async () => {
  expect([await discovered("v2", "am028.example.com"), await discovered("v2beta1", "am028.example.com")]).toEqual([[], []]);
  await define(cluster, { group: "am028.example.com", kind: "Thing" });
  await cluster.until(async () => {
    expect(await discovered("v2", "am028.example.com")).toEqual(["v1/things"]);
    expect(await discovered("v2beta1", "am028.example.com")).toEqual(["v1/things"]);
  });
});

test("custom objects are unserved when their version is, and served again when it is again", async () => {
  const { definition } = await define(cluster, { group: "unserved.example.com", kind: "Thing", versions: [{}, {}] });
  const serve = async (served: boolean): Promise<void> => {
    const versions = definition.spec.versions.map((version, index) => (index === 1 ? { ...version, served } : version));
    await definitions().patch(definition.metadata.name, { spec: { versions } }, { type: "merge" });
  };
  const inSecond = objectsOf(cluster, definition, "v2").in("default");
  await objectsOf(cluster, definition)
    .in("default")
    .create({ metadata: { name: "a" }, spec: { x: 1 } });
  const shown: CustomObject = await inSecond.get("a");
  expect([shown.apiVersion, shown.spec]).toEqual(["unserved.example.com/v2", { x: 1 }]);
  await serve(false);
  await cluster.until(async () => expect(await refusal(inSecond.get("a"))).toBe("NotFound"));
  await serve(true);
  await cluster.until(async () => expect((await inSecond.get("a")).spec).toEqual({ x: 1 }));
});

test("AM-053 a field that is there twice is refused under Strict, also where unknown fields are kept", async () => {
  await define(cluster, { group: "am053.example.com", kind: "Thing" });
  const yaml = "apiVersion: am053.example.com/v1\nkind: Thing\nmetadata: { name: twice }\nspec:\n  a: 1\n  a: 2\n";
  const target = "/apis/am053.example.com/v1/namespaces/default/things/twice?fieldManager=e2e&fieldValidation=Strict";
  const headers = { "content-type": "application/apply-patch+yaml" };
  const body = new TextEncoder().encode(yaml);
  const answer = await cluster.client.transport.send({ method: "PATCH", target, headers, body }, new AbortController().signal);
  expect([answer.status, ((await answer.object()) as { readonly message: string }).message]).toEqual([
    400,
    expect.stringMatching(/"a" already set in map|duplicate field/),
  ]);
});
