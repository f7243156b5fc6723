import { existsSync, readFileSync } from "node:fs";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { allKinds, kinds, subresourceKinds } from "@kubets/api";
import type { Headers, Request } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import type { PathEndpoint, RequestContext } from "../contracts.ts";
import { differencesBetween, type SwaggerDocument } from "../testing/swagger-differences.ts";
import { turn } from "@kubets/machinery/node";
import { openapi } from "./openapi.ts";

const facts = new URL("../../../../shared/api/openapi/swagger-v1.36.json", import.meta.url);
const messageFacts = new URL("../../../../shared/api/grpc-fields.json", import.meta.url);

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly json: Document;
}
interface Document {
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly definitions: Readonly<Record<string, Schema>>;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly serverRelativeURL: string;
}
type PathItem = Readonly<Record<string, Operation>> & { readonly parameters?: readonly Parameter[] };
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly [more: string]: unknown;
}
interface Parameter {
  readonly $ref?: string;
  readonly name: string;
}
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly [more: string]: unknown;
}

const stable = openapi({ kinds: () => kinds, subresourceKinds, turn });

async function get(target: string, headers: Request["headers"] = {}, endpoints = stable): Promise<Got> {
  const { pathname: path, searchParams: query } = new URL(target, "https://server");
  const matching = endpoints.filter((each) => each.path === path || (each.path.endsWith("/") && path.startsWith(each.path)));
  const { endpoint } = matching.reduce((best: PathEndpoint, each) => (each.path.length > best.path.length ? each : best));
  const context = { request: { method: "GET", target, headers }, info: { verb: "get", path, query } } as unknown as RequestContext;
  const response = await endpoint(context);
  if (!("body" in response) || response.body.kind !== "bytes") throw new Error("OpenAPI answers bytes");
  const bytes = response.body.bytes();
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    get json() {
      return JSON.parse(new TextDecoder().decode(bytes)) as Document;
    },
  };
}

test("the index leads to a document for each group version, which clients may keep for ever", async () => {
  const { paths } = (await get("/openapi/v3")).json;
  expect(Object.keys(paths)).toContain("api/v1");
  const url = (paths["apis/apps/v1"] as unknown as { readonly serverRelativeURL: string }).serverRelativeURL;
  expect(url).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{64}$/);
  const document = await get(url);
  expect([document.status, document.headers["cache-control"], document.headers["etag"]]).toEqual([
    200,
    "public, immutable, max-age=31536000",
    `"${url.split("=")[1]}"`,
  ]);
});

test("a client with an old hash is sent to the document of today", async () => {
  const { headers, status } = await get("/openapi/v3/apis/apps/v1?hash=OLD");
  expect([status, headers["location"]]).toEqual([301, expect.stringMatching(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{64}$/)]);
});

test.each(["/openapi/v2", "/openapi/v3", "/openapi/v3/api/v1"])("%s isn't sent again to who has it", async (path) => {
  const { headers } = await get(path);
  const again = await get(path, { "if-none-match": headers["etag"]! });
  expect([again.status, again.bytes.length]).toEqual([304, 0]);
});

test.each(["/openapi/v3/apis/nowhere/v1", "/openapi/v3/apis//v1", "/openapi/v3/x"])("%s is not found", async (path) => {
  await expect(get(path)).rejects.toMatchObject({ code: 404 });
});

test("v2 is answered in the form that was asked for", async () => {
  const types = await Promise.all(
    ["application/com.github.proto-openapi.spec.v2@v1.0+protobuf", "application/json, */*", undefined].map(
      async (accept) => (await get("/openapi/v2", accept === undefined ? {} : { accept })).headers["content-type"],
    ),
  );
  expect(types).toEqual(["application/com.github.proto-openapi.spec.v2.v1.0+protobuf", "application/json", "application/json"]);
});

test("every reference leads somewhere", async () => {
  const documents = [await get("/openapi/v2"), await get("/openapi/v3/api/v1"), await get("/openapi/v3/apis/apps/v1")];
  for (const { json } of documents) {
    const references = [...new Set([...JSON.stringify(json).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!))];
    const dangling = references.filter(
      (path) =>
        path.split("/").reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key], json) === undefined,
    );
    expect(dangling).toEqual([]);
  }
});

test("v3 tells defaults and closed sets of values, and wraps references with more to say", async () => {
  const { schemas } = (await get("/openapi/v3/apis/apps/v1")).json.components;
  expect(schemas["io.k8s.api.core.v1.ContainerPort"]?.properties?.["protocol"]).toMatchObject({
    type: "string",
    default: "TCP",
    enum: ["SCTP", "TCP", "UDP"],
  });
  expect(schemas["io.k8s.api.apps.v1.Deployment"]?.properties?.["spec"]).toMatchObject({
    allOf: [{ $ref: "#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec" }],
    description: expect.any(String),
  });
});

describe.skipIf(!existsSync(facts))("against the document of v1.36 (skipped where ../shared isn't there)", () => {
  test("what is served in stable and beta versions differs in what differences.json lists, and in nothing else (vitest -u writes it)", async () => {
    const upstream = JSON.parse(readFileSync(facts, "utf8")) as SwaggerDocument;
    const ours = (await get("/openapi/v2", {}, openapi({ kinds: () => allKinds, subresourceKinds, logs: true, turn }))).json;
    expect(Object.keys(ours.definitions).length).toBeGreaterThan(600);
    const differences = differencesBetween(ours as unknown as SwaggerDocument, upstream);
    await expect(`${JSON.stringify(differences, undefined, 2)}\n`).toMatchFileSnapshot("differences.json");
  });
});

describe.skipIf(!existsSync(messageFacts))("the protobuf form (skipped where ../shared isn't there)", () => {
  type FieldFact = readonly [number: number, type: string, label?: string];
  type Decoded = Readonly<Record<string, unknown>>;
  const messages = existsSync(messageFacts)
    ? (
        JSON.parse(readFileSync(messageFacts, "utf8")) as Readonly<
          Record<string, { readonly messages: Readonly<Record<string, Readonly<Record<string, FieldFact>>>> }>
        >
      )["openapi-v2"]!.messages
    : {};

  /** Reads a message by the facts alone. */
  function decode(bytes: Uint8Array, message: string): Decoded {
    const fields = new Map(Object.entries(messages[message]!).map(([name, fact]) => [fact[0], [name, fact] as const]));
    const reader = new BinaryReader(bytes);
    const decoded: Record<string, unknown> = {};
    while (reader.pos < reader.len) {
      const [number, wire] = reader.tag();
      const [name, [, type, label]] = fields.get(number)!;
      const value = wire === WireType.Varint ? reader.bool() : type === "string" ? reader.string() : decode(reader.bytes(), type);
      if (label === "rep") ((decoded[name] ??= []) as unknown[]).push(value);
      else decoded[name] = value;
    }
    return decoded;
  }

  const pairs = (value: unknown): readonly (readonly [string, Decoded])[] =>
    ((value ?? []) as readonly { readonly name: string; readonly value: Decoded }[]).map(({ name, value: inner }) => [name, inner ?? {}]);
  const extensionsOf = (value: Decoded): Decoded =>
    Object.fromEntries(pairs(value["vendor_extension"]).map(([name, any]) => [name, JSON.parse(any["yaml"] as string) as unknown]));

  function schemaOf(value: Decoded): unknown {
    const { _ref, type, items, properties, additional_properties: additional, vendor_extension: _extensions, ...rest } = value;
    return {
      ...rest,
      ...(_ref === undefined ? {} : { $ref: _ref }),
      ...(type === undefined ? {} : { type: (type as { readonly value: readonly string[] }).value[0] }),
      ...(items === undefined ? {} : { items: schemaOf((items as { readonly schema: readonly Decoded[] }).schema[0]!) }),
      ...(additional === undefined ? {} : { additionalProperties: schemaOf((additional as { readonly schema: Decoded }).schema) }),
      ...(properties === undefined
        ? {}
        : {
            properties: Object.fromEntries(
              pairs((properties as Decoded)["additional_properties"]).map(([name, each]) => [name, schemaOf(each)]),
            ),
          }),
      ...extensionsOf(value),
    };
  }

  test("says the same as the JSON form", async () => {
    const json = (await get("/openapi/v2")).json;
    const { bytes } = await get("/openapi/v2", { accept: "application/com.github.proto-openapi.spec.v2@v1.0+protobuf" });
    const document = decode(bytes, "Document");
    const definitions = pairs((document["definitions"] as Decoded)["additional_properties"]);
    expect(Object.fromEntries(definitions.map(([name, each]) => [name, schemaOf(each)]))).toEqual(json.definitions);
    const operations = pairs((document["paths"] as Decoded)["path"]).map(([path, { parameters: _parameters, ...methods }]) => [
      path,
      Object.fromEntries(
        Object.entries(methods as Readonly<Record<string, Decoded>>).map(([method, each]) => [
          method,
          [each["operation_id"], extensionsOf(each)["x-kubernetes-group-version-kind"]],
        ]),
      ),
    ]);
    expect(Object.fromEntries(operations)).toEqual(
      Object.fromEntries(
        Object.entries(json.paths).map(([path, { parameters: _parameters, ...methods }]) => [
          path,
          Object.fromEntries(
            Object.entries(methods).map(([method, each]) => [method, [each.operationId, each["x-kubernetes-group-version-kind"]]]),
          ),
        ]),
      ),
    );
    const { patch } = pairs((document["paths"] as Decoded)["path"]).find(
      ([path]) => path === "/apis/apps/v1/namespaces/{namespace}/deployments/{name}",
    )![1] as { readonly patch: Decoded };
    expect(JSON.stringify(patch["parameters"])).toContain('"name":"dryRun"');
  });
});
