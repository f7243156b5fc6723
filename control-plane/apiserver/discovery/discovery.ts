import { type Kind, noSuchPath, notAcceptable, type Response, type SchemaNode } from "@kubets/machinery";
import { sha256 } from "@noble/hashes/sha2.js";
import type { PathEndpoint, RequestContext } from "../contracts.ts";
import { valueAnswer } from "../request/answer.ts";
import { negotiate } from "../request/content.ts";
import { acceptedRanges, admits } from "./accept.ts";
import {
  type AggregatedVersion,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  groupDiscoveryList,
  servedGroups,
  type ServedGroup,
  type StorageVersion,
} from "./documents.ts";
import { mergedGroups, type RegisteredVersion } from "./merged.ts";
import { apiGroupListSchema, apiGroupSchema, apiResourceListSchema, apiVersionsSchema } from "./schemas.ts";

export interface DiscoveryOptions {
  /** What is served now. The same array while nothing changes: documents are made once per array. */
  readonly kinds: () => readonly Kind[];
  readonly storageVersion?: StorageVersion;
  /** What APIServices register, other servers' group versions among it; the same array while nothing changes. */
  readonly registered?: () => readonly RegisteredVersion[];
}

/**
 * What the server serves: `/api`, `/apis` and what is below, as single documents and, when asked by `Accept`, aggregated into one
 * document each for the core group and the others.
 */
export function discovery({ kinds, storageVersion = (kind) => kind, registered = () => none }: DiscoveryOptions): readonly PathEndpoint[] {
  let madeFor: readonly [readonly Kind[], readonly RegisteredVersion[]] | undefined;
  let groups: readonly ServedGroup[] = [];
  const documents = new Map<string, Document>();

  /** Documents are bytes that many clients ask for; each is made at its first use. */
  const document = (key: string, make: () => object): Document => {
    let made = documents.get(key);
    if (made === undefined) documents.set(key, (made = encodeDocument(make())));
    return made;
  };

  const refresh = (): void => {
    const now = [kinds(), registered()] as const;
    if (now[0] === madeFor?.[0] && now[1] === madeFor[1]) return;
    madeFor = now;
    groups = mergedGroups(servedGroups(now[0]), now[1]);
    documents.clear();
  };

  const root = async (context: RequestContext): Promise<Response> => {
    refresh();
    const core = context.info.path.replace(/\/$/, "") === "/api";
    const form = aggregatedForm(context.request.headers["accept"]);
    if (form === undefined) {
      // The address differs between clients; it is the only part of a document that does.
      const address = context.request.headers["host"] ?? context.request.headers[":authority"] ?? "";
      return core
        ? plain(context, apiVersionsSchema, () => apiVersions(address))
        : plain(context, apiGroupListSchema, () => apiGroupList(groups), document);
    }
    const selected = groups.filter(({ name }) => (name === "") === core);
    return aggregated(
      document(`${core ? "/api" : "/apis"} ${form}`, () => groupDiscoveryList(selected, form)),
      form,
      context,
    );
  };

  const below = async (context: RequestContext): Promise<Response> => {
    refresh();
    if (context.request.method !== "GET" && context.request.method !== "HEAD") throw noSuchPath();
    const path = context.info.path.replace(/\/$/, "");
    const [, prefix, ...segments] = path.split("/");
    const [groupName, versionName] = prefix === "api" ? ["", segments.length === 1 ? segments[0] : undefined] : segments;
    const group = groups.find(({ name }) => name === groupName);
    if (group === undefined || segments.length > 2) throw noSuchPath();
    if (versionName === undefined) {
      if (prefix === "api") throw noSuchPath();
      return plain(context, apiGroupSchema, () => apiGroup(group), document);
    }
    const version = group.versions.find((each) => each.version === versionName);
    if (version === undefined || (prefix === "apis" && group.name === "")) throw noSuchPath();
    return plain(context, apiResourceListSchema, () => apiResourceList(group.name, version, storageVersion), document);
  };

  return [
    { path: "/api", endpoint: root },
    { path: "/apis", endpoint: root },
    {
      path: "/api/",
      endpoint: (context) => (context.info.path === "/api/" ? root(context) : below(context)),
    },
    {
      path: "/apis/",
      endpoint: (context) => (context.info.path === "/apis/" ? root(context) : below(context)),
    },
  ];
}

interface Document {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

function encodeDocument(value: object): Document {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const digest = sha256(bytes);
  return {
    bytes,
    etag: [...digest]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("")
      .toUpperCase(),
  };
}

/** Which aggregated form is wanted most; `undefined` where a plain document is. */
function aggregatedForm(accept: string | undefined): AggregatedVersion | undefined {
  for (const range of acceptedRanges(accept)) {
    const { g, v, as } = range.parameters;
    if (g === undefined && v === undefined && as === undefined) return undefined;
    if (!admits(range, "application/json")) continue;
    if (g === "apidiscovery.k8s.io" && as === "APIGroupDiscoveryList" && (v === "v2" || v === "v2beta1")) return v;
  }
  throw notAcceptable(["application/json"]);
}

/** A document in any form that objects have. `kept`: as JSON, which almost everybody asks for, it is kept. */
function plain(
  { request, info }: RequestContext,
  schema: { readonly node: SchemaNode },
  make: () => object,
  kept?: (key: string, make: () => object) => Document,
): Response {
  const accepted = negotiate(request, info.query, { table: false, metadata: false, protobuf: true });
  const isPlainJson = accepted.mediaType === "application/json" && !accepted.pretty;
  if (!isPlainJson || kept === undefined) {
    const answer = valueAnswer(200, accepted.mediaType === "application/json" ? make() : { apiVersion: "v1", ...make() }, accepted, schema);
    return { ...answer, headers: { ...answer.headers, vary: "Accept" } };
  }
  const { bytes } = kept(info.path.replace(/\/$/, ""), make);
  return { status: 200, headers: { "content-type": "application/json", vary: "Accept" }, body: { kind: "bytes", bytes: () => bytes } };
}

function aggregated({ bytes, etag }: Document, version: AggregatedVersion, { request }: RequestContext): Response {
  const quoted = `"${etag}"`;
  const headers = { etag: quoted, vary: "Accept" };
  const known = request.headers["if-none-match"]?.split(",").map((each) => each.trim()) ?? [];
  if (known.includes(quoted) || known.includes("*")) return { status: 304, headers, body: { kind: "bytes", bytes: () => nothing } };
  return {
    status: 200,
    headers: { ...headers, "content-type": `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList` },
    body: { kind: "bytes", bytes: () => bytes },
  };
}

const nothing = new Uint8Array();
const none: readonly RegisteredVersion[] = [];
