import { existsSync, readFileSync } from "node:fs";
import { kinds } from "@kubets/api";
import type { Kind, Request } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import type { Endpoint, RequestContext } from "../contracts.ts";
import { discovery } from "./discovery.ts";
import { storageVersionHash } from "./documents.ts";

/** What of discovery's documents the tests look at. */
interface Document {
  readonly kind: string;
  readonly apiVersion: string;
  readonly groups: readonly { readonly name: string }[];
  readonly items: readonly { readonly metadata: { readonly name?: string }; readonly versions: readonly VersionDocument[] }[];
}
interface VersionDocument {
  readonly version: string;
  readonly resources: readonly ResourceDocument[];
}
interface SubresourceDocument {
  readonly subresource: string;
  readonly responseKind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly verbs: readonly string[];
}
interface ResourceDocument extends Pick<SubresourceDocument, "responseKind" | "verbs"> {
  readonly resource: string;
  readonly singularResource: string;
  readonly scope: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly SubresourceDocument[];
}
interface Got {
  readonly status: number;
  readonly headers: Request["headers"];
  readonly body: Document;
}

const facts = new URL("../../../../shared/api/discovery.json", import.meta.url);

function answerOf(path: string, headers: Request["headers"]): ReturnType<Endpoint> {
  const endpoints = discovery({ kinds: () => kinds }).filter(
    (each) => each.path === path || (each.path.endsWith("/") && path.startsWith(each.path)),
  );
  const { endpoint } = endpoints.toSorted((a, b) => b.path.length - a.path.length)[0]!;
  const request: Request = { method: "GET", target: path, headers };
  const context = { request, info: { verb: "get", path, query: new URLSearchParams() } } as unknown as RequestContext;
  return endpoint(context);
}

async function get(path: string, headers: Request["headers"] = {}): Promise<Got> {
  const response = await answerOf(path, headers);
  if (!("body" in response) || response.body.kind !== "bytes") throw new Error("Discovery answers bytes");
  const text = new TextDecoder().decode(response.body.bytes());
  return { status: response.status, headers: response.headers, body: (text === "" ? undefined : JSON.parse(text)) as Document };
}

async function bytesOf(path: string, accept: string): Promise<{ readonly type: string | undefined; readonly bytes: Uint8Array }> {
  const response = await answerOf(path, { accept });
  if (!("body" in response) || response.body.kind !== "bytes") throw new Error("Discovery answers bytes");
  return { type: response.headers["content-type"], bytes: response.body.bytes() };
}

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

test("documents are answered in the forms of objects, protobuf and YAML among them", async () => {
  const types = ["application/yaml", "application/vnd.kubernetes.protobuf", "application/cbor"];
  const answered = await Promise.all(
    ["/api", "/apis", "/apis/apps", "/api/v1"].flatMap((path) => types.map((accept) => bytesOf(path, accept))),
  );
  expect(new Set(answered.map(({ type }) => type))).toEqual(new Set(types));
  const [yaml, protobuf] = answered.slice(6, 8).map(({ bytes }) => new TextDecoder().decode(bytes));
  expect(yaml).toContain("preferredVersion:\n  groupVersion: apps/v1");
  expect([protobuf!.slice(0, 3), protobuf!.includes("APIGroup"), protobuf!.includes("apps/v1")]).toEqual(["k8s", true, true]);
});

test("/api names the one version of the core group and where the server is", async () => {
  expect((await get("/api", { host: "10.0.0.1:6443" })).body).toEqual({
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: "10.0.0.1:6443" }],
  });
});

test("/apis lists the groups with their preferred version, without the core group", async () => {
  const { body } = await get("/apis");
  const apps = body.groups.find(({ name }) => name === "apps");
  expect(apps).toEqual({
    name: "apps",
    versions: [{ groupVersion: "apps/v1", version: "v1" }],
    preferredVersion: { groupVersion: "apps/v1", version: "v1" },
  });
  expect((await get("/apis/apps")).body).toEqual({ kind: "APIGroup", apiVersion: "v1", ...apps });
  expect(body.groups.some(({ name }) => name === "")).toBe(false);
});

test("a client that asks for aggregated discovery gets it, and 304 while nothing changed", async () => {
  const accept = `${aggregated},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`;
  const first = await get("/apis", { accept });
  expect([first.headers["content-type"], first.body.kind, first.body.apiVersion]).toEqual([
    aggregated,
    "APIGroupDiscoveryList",
    "apidiscovery.k8s.io/v2",
  ]);
  const again = await get("/apis", { accept, "if-none-match": first.headers["etag"]! });
  expect([again.status, again.headers["etag"], again.body]).toEqual([304, first.headers["etag"], undefined]);
});

test("an older client gets the beta form", async () => {
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
  expect((await get("/api", { accept })).body).toMatchObject({
    apiVersion: "apidiscovery.k8s.io/v2beta1",
    items: [{ metadata: {}, versions: [{ version: "v1" }] }],
  });
});

test.each(["/apis/nowhere", "/apis/apps/v2", "/api/v2", "/apis/apps/v1/deployments/extra"])("%s is not found", async (path) => {
  await expect(get(path)).rejects.toMatchObject({ code: 404, message: "the server could not find the requested resource" });
});

test("a client that takes no JSON is told what there is", async () => {
  await expect(get("/apis", { accept: "text/html" })).rejects.toMatchObject({ code: 406 });
});

test("the hash of the storage version is upstream's", () => {
  expect(storageVersionHash({ group: "", version: "v1", kind: "ConfigMap" })).toBe("qFsyl6wFWjQ=");
});

describe.skipIf(!existsSync(facts))("against the facts of v1.36 (skipped where ../shared isn't there)", () => {
  interface Fact {
    readonly group: string;
    readonly version: string;
    readonly resource: string;
    readonly [more: string]: unknown;
  }
  const all: readonly Fact[] = existsSync(facts) ? (JSON.parse(readFileSync(facts, "utf8")) as readonly Fact[]) : [];
  const factOf = ({ group, version, resource }: Pick<Kind, "group" | "resource" | "version">): Fact | undefined =>
    all.find((fact) => fact.group === group && fact.version === version && fact.resource === resource);

  test("groups and versions stand in upstream's order", async () => {
    const { body } = await get("/apis", { accept: aggregated });
    const served = body.items.flatMap(({ metadata, versions }) => versions.map(({ version }) => `${metadata.name}/${version}`));
    const wanted = [...new Set(all.map(({ group, version }) => `${group}/${version}`))].filter((each) => served.includes(each));
    expect(served.filter((each) => wanted.includes(each))).toEqual(wanted);
  });

  test("every resource that is served is described as upstream describes it", async () => {
    const served: Fact[] = [];
    for (const root of ["/api", "/apis"]) {
      const { body } = await get(root, { accept: aggregated });
      for (const { metadata, versions } of body.items) {
        for (const { version, resources } of versions) {
          for (const each of resources) {
            served.push({
              group: metadata.name ?? "",
              version,
              resource: each.resource,
              kind: each.responseKind.kind,
              singular: each.singularResource,
              namespaced: each.scope === "Namespaced",
              shortNames: each.shortNames ?? [],
              categories: each.categories ?? [],
              verbs: each.verbs,
              subresources: (each.subresources ?? []).map(({ subresource, responseKind, verbs }) => ({
                name: subresource,
                kind: responseKind.kind,
                verbs,
                ...(responseKind.group === "" ? {} : { group: responseKind.group, version: responseKind.version }),
              })),
              stability: "stable",
            });
          }
        }
      }
    }
    const known = kinds.filter((kind) => factOf(kind) !== undefined);
    const wanted = all.filter((fact) => known.some((kind) => factOf(kind) === fact));
    expect(served.filter((each) => factOf(each) !== undefined)).toEqual(wanted);
    expect(known.length).toBeGreaterThan(10);
  });
});
