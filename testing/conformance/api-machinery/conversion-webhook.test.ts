import { CustomResourceDefinitionKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, record } from "../conformance-cluster.ts";
import { type CustomResource, define } from "../custom-resources.ts";
import { type Review, type ReviewedObject, webhookServer } from "../webhook-server.ts";

/** `hostPort` of v1 is `host` and `port` in v2. */
function convert(object: ReviewedObject, apiVersion: string): object {
  if (apiVersion.endsWith("/v2")) {
    const { hostPort = "", ...rest } = object;
    const [host, port] = String(hostPort).split(":");
    return { ...rest, apiVersion, host, port };
  }
  const { host, port, ...rest } = object;
  return { ...rest, apiVersion, hostPort: `${String(host)}:${String(port)}` };
}

const hooks = webhookServer({
  "/convert": ({ request: { desiredAPIVersion, objects } }: Review) => ({
    result: { status: "Success" },
    convertedObjects: objects.map((object) => convert(object, desiredAPIVersion)),
  }),
});
const cluster = conformanceCluster({ server: { dialer: hooks.dialer } });

const text = { type: "string" } as const;
const versions = [
  {
    schema: { openAPIV3Schema: { type: "object", properties: { hostPort: text } } },
    selectableFields: [{ jsonPath: ".hostPort" }],
  },
  {
    schema: { openAPIV3Schema: { type: "object", properties: { host: text, port: text } } },
    selectableFields: [{ jsonPath: ".host" }, { jsonPath: ".port" }],
  },
] as const;

async function aConvertedResource(group: string, namespace: string): Promise<CustomResource> {
  const clientConfig = (await hooks.service(cluster.client, namespace))("/convert");
  const conversion = { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v1", "v1beta1"] } } as const;
  return define(cluster, { group, kind: "Host", versions, conversion });
}

test("AM-031 an object of one version reads as the webhook converts it in the other", async () => {
  const namespace = await cluster.namespace();
  const resource = await aConvertedResource("am031.example.com", namespace);
  await resource
    .objects("v1")
    .in(namespace)
    .create({ metadata: { name: "a" }, hostPort: "localhost:1234" });
  expect(await resource.objects("v2").in(namespace).get("a")).toMatchObject({
    apiVersion: "am031.example.com/v2",
    host: "localhost",
    port: "1234",
  });
});

test("AM-030 a list is of one version, whichever its objects were stored in", async () => {
  const namespace = await cluster.namespace();
  const resource = await aConvertedResource("am030.example.com", namespace);
  await resource
    .objects("v1")
    .in(namespace)
    .create({ metadata: { name: "a" }, hostPort: "localhost:1234" });
  const { metadata, spec } = resource.definition;
  const switched = spec.versions.map((version) => ({ ...version, storage: version.name === "v2" }));
  await cluster.client.resource(CustomResourceDefinitionKind).patch(metadata.name, { spec: { versions: switched } }, { type: "merge" });
  await cluster.until(async () => {
    const definition = await cluster.client.resource(CustomResourceDefinitionKind).get(metadata.name);
    expect(definition.status.storedVersions).toEqual(["v1", "v2"]);
  });
  await resource
    .objects("v2")
    .in(namespace)
    .create({ metadata: { name: "b" }, host: "example.com", port: "80" });
  const { items } = await resource.objects("v2").in(namespace).list();
  expect(items).toMatchObject([
    { apiVersion: "am030.example.com/v2", host: "localhost", port: "1234" },
    { apiVersion: "am030.example.com/v2", host: "example.com", port: "80" },
  ]);
  expect((await resource.objects("v1").in(namespace).list()).items).toMatchObject([
    { hostPort: "localhost:1234" },
    { hostPort: "example.com:80" },
  ]);
});

test("AM-038 selectable fields of a version select in its lists and watches, and follow updates and deletes", async () => {
  const namespace = await cluster.namespace();
  const resource = await aConvertedResource("am038.example.com", namespace);
  const [first, second] = [resource.objects("v1").in(namespace), resource.objects("v2").in(namespace)];
  await using watch = await record(second, { fieldSelector: "host=host1" });
  for (const [name, hostPort] of [
    ["a", "host1:80"],
    ["b", "host1:8080"],
    ["c", "host2:80"],
  ] as const)
    await first.create({ metadata: { name }, hostPort });
  expect(await namesIn(first, { fieldSelector: "hostPort=host1:80" })).toEqual(["a"]);
  expect(await namesIn(second, { fieldSelector: "host=host1" })).toEqual(["a", "b"]);
  expect(await namesIn(second, { fieldSelector: "host=host1,port=80" })).toEqual(["a"]);
  await first.patch("c", { hostPort: "host1:81" }, { type: "merge" });
  await first.patch("a", { hostPort: "host3:80" }, { type: "merge" });
  await first.delete("b");
  await cluster.until(async () => expect(watch.told).toEqual(["ADDED a", "ADDED b", "ADDED c", "DELETED a", "DELETED b"]));
  expect(await namesIn(second, { fieldSelector: "host=host1" })).toEqual(["c"]);
});
