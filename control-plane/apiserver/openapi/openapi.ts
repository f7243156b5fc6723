import { type Kind, noSuchPath, notAcceptable, type Response, type Upgrade } from "@kubets/machinery";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Endpoint, PathEndpoint, RequestContext } from "../contracts.ts";
import { acceptedRanges, admits } from "../discovery/accept.ts";
import { servedGroups, type ServedGroup } from "../discovery/documents.ts";
import { documentV2, documentV3, type FindKind } from "./documents.ts";
import { encodeGnostic } from "./gnostic.ts";

export interface OpenapiOptions {
  /** What is served now. The same array while nothing changes: documents are made once per array. */
  readonly kinds: () => readonly Kind[];
  /** Kinds without a resource of their own, that subresources take and answer (`Scale`, `Eviction`, `TokenRequest`). */
  readonly subresourceKinds: readonly Kind[];
  readonly remote?: RemoteDocuments;
}

/** The OpenAPI v3 documents of other servers, by path (`apis/GROUP/VERSION`). */
export interface RemoteDocuments {
  /** Where each is served, with its hash; the same map while nothing changes. */
  urls(): ReadonlyMap<string, string>;
  /** Who answers the request for a document. */
  serve(path: string): Endpoint | undefined;
}

/** `/openapi/v2`, and `/openapi/v3` with a document for each group version. Made when first asked for, then kept as bytes. */
export function openapi({ kinds, subresourceKinds, remote = noRemote }: OpenapiOptions): readonly PathEndpoint[] {
  let madeFor: readonly Kind[] | undefined;
  let groups: readonly ServedGroup[] = [];
  let findKind: FindKind = () => undefined;
  const documents = new Map<string, Document>();
  let indexedFor: ReadonlyMap<string, string> | undefined;

  const refresh = (): void => {
    const now = kinds();
    if (now === madeFor) return;
    madeFor = now;
    groups = servedGroups(now);
    const byName = new Map([...subresourceKinds, ...now].map((kind) => [keyOf(kind), kind]));
    findKind = (wanted) => byName.get(keyOf(wanted));
    documents.clear();
  };
  const document = (key: string, make: () => Uint8Array): Document => {
    let made = documents.get(key);
    if (made === undefined) documents.set(key, (made = withHash(make())));
    return made;
  };

  const v2 = async ({ request }: RequestContext): Promise<Response> => {
    refresh();
    switch (negotiateV2(request.headers["accept"])) {
      case "protobuf":
        return answer(
          request.headers,
          protobufType,
          document("v2 protobuf", () => encodeGnostic(documentV2(groups, findKind))),
        );
      case "json":
        return answer(
          request.headers,
          "application/json",
          document("v2 json", () => encodeJson(documentV2(groups, findKind))),
        );
    }
  };

  const ofVersion = (path: string): Document | undefined => {
    const [prefix, group = "", version = ""] = path.split("/");
    const [groupName, versionName] = prefix === "api" ? ["", group] : [group, version];
    if (prefix !== "api" && prefix !== "apis") return undefined;
    if (prefix === "apis" && groupName === "") return undefined;
    const served = groups.find(({ name }) => name === groupName)?.versions.find((each) => each.version === versionName);
    return served === undefined ? undefined : document(`v3 ${path}`, () => encodeJson(documentV3(served, findKind)));
  };

  const index = async ({ request }: RequestContext): Promise<Response> => {
    refresh();
    requireJson(request.headers["accept"]);
    const urls = remote.urls();
    if (urls !== indexedFor) documents.delete("v3");
    indexedFor = urls;
    const made = document("v3", () => {
      const paths = groups.flatMap(({ name, versions }) =>
        versions.map(({ version }) => (name === "" ? `api/${version}` : `apis/${name}/${version}`)),
      );
      const all = new Map([...paths.map((path) => [path, urlOf(path, ofVersion(path)!.hash)] as const), ...urls]);
      const entries = [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([path, url]) => [path, { serverRelativeURL: url }]);
      return encodeJson({ paths: Object.fromEntries(entries) });
    });
    return answer(request.headers, "application/json", made);
  };

  const version = async (context: RequestContext): Promise<Response | Upgrade> => {
    refresh();
    const { request, info } = context;
    const path = info.path.slice("/openapi/v3/".length).replace(/\/$/, "");
    const elsewhere = remote.serve(path);
    if (elsewhere !== undefined) return elsewhere(context);
    const found = ofVersion(path);
    if (found === undefined) throw noSuchPath();
    requireJson(request.headers["accept"]);
    const asked = info.query.get("hash");
    if (asked !== null && asked !== found.hash) {
      // An index from before a change: the client is sent to the document as it is now.
      return { status: 301, headers: { location: urlOf(path, found.hash) }, body: { kind: "bytes", bytes: () => nothing } };
    }
    const response = answer(request.headers, "application/json", found);
    if (asked === null) return response;
    return { ...response, headers: { ...response.headers, "cache-control": "public, immutable, max-age=31536000" } };
  };

  return [
    { path: "/openapi/v2", endpoint: v2 },
    { path: "/openapi/v3", endpoint: index },
    { path: "/openapi/v3/", endpoint: (context) => (context.info.path === "/openapi/v3/" ? index(context) : version(context)) },
  ];
}

const protobufType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
/** The same type as clients of different ages write it. */
const protobufTypes: readonly string[] = [protobufType, "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"];

interface Document {
  readonly bytes: Uint8Array;
  readonly hash: string;
}

const nothing = new Uint8Array();
const noUrls: ReadonlyMap<string, string> = new Map();
const noRemote: RemoteDocuments = { urls: () => noUrls, serve: () => undefined };

function keyOf({ group, version, kind }: Pick<Kind, "group" | "kind" | "version">): string {
  return `${group}/${version}/${kind}`;
}

function urlOf(path: string, hash: string): string {
  return `/openapi/v3/${path}?hash=${hash}`;
}

function encodeJson(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function withHash(bytes: Uint8Array): Document {
  const hash = [...sha256(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { bytes, hash: hash.toUpperCase() };
}

function negotiateV2(accept: string | undefined): "json" | "protobuf" {
  for (const range of acceptedRanges(accept)) {
    if (protobufTypes.includes(range.type)) return "protobuf";
    if (admits(range, "application/json")) return "json";
  }
  throw notAcceptable(["application/json", protobufType]);
}

function requireJson(accept: string | undefined): void {
  if (!acceptedRanges(accept).some((range) => admits(range, "application/json"))) throw notAcceptable(["application/json"]);
}

function answer(headers: RequestContext["request"]["headers"], contentType: string, { bytes, hash }: Document): Response {
  const etag = `"${hash}"`;
  const known = headers["if-none-match"]?.split(",").map((each) => each.trim()) ?? [];
  if (known.includes(etag)) return { status: 304, headers: { etag, vary: "Accept" }, body: { kind: "bytes", bytes: () => nothing } };
  return { status: 200, headers: { "content-type": contentType, etag, vary: "Accept" }, body: { kind: "bytes", bytes: () => bytes } };
}
