import { finishInTurns, type Kind, noSuchPath, notAcceptable, type Response, type Steps, type Upgrade } from "@kubets/machinery";
import { sha256 } from "@noble/hashes/sha2.js";
import type { Endpoint, PathEndpoint, RequestContext } from "../contracts.ts";
import { acceptedRanges, admits } from "../discovery/accept.ts";
import { servedGroups, type ServedGroup } from "../discovery/documents.ts";
import { type DocumentV2, documentV2, documentV3, type FindKind, otherDocumentV3 } from "./documents.ts";
import { encodeGnostic } from "./gnostic.ts";
import { encodeJson, encodeJsonDocument, piecesIn } from "./json-document.ts";
import { type OtherPaths, otherPaths } from "./other-paths.ts";

export interface OpenapiOptions {
  /** What is served now. The same array while nothing changes: documents are made once per array. */
  readonly kinds: () => readonly Kind[];
  /** Kinds without a resource of their own, that subresources take and answer (`Scale`, `Eviction`, `TokenRequest`). */
  readonly subresourceKinds: readonly Kind[];
  readonly remote?: RemoteDocuments;
  /** The server shows its log files. */
  readonly logs?: boolean;
  /** Resolves when others had their turn: documents are large, and made in pieces. */
  readonly turn: () => Promise<void>;
}

/** The OpenAPI v3 documents of other servers, by path (`apis/GROUP/VERSION`). */
export interface RemoteDocuments {
  /** Where each is served, with its hash; the same map while nothing changes. */
  urls(): ReadonlyMap<string, string>;
  /** Who answers the request for a document. */
  serve(path: string): Endpoint | undefined;
}

/** What is served at a time, and the documents that were made of it. */
interface Served {
  readonly kinds: readonly Kind[];
  readonly groups: readonly ServedGroup[];
  readonly findKind: FindKind;
  readonly others: ReadonlyMap<string, OtherPaths>;
  readonly documents: Map<string, Promise<Document>>;
  index: { readonly urls: ReadonlyMap<string, string>; readonly document: Promise<Document> } | undefined;
}

/** `/openapi/v2`, and `/openapi/v3` with a document for each group version. Made when first asked for, then kept as bytes. */
export function openapi({ kinds, subresourceKinds, remote = noRemote, logs = false, turn }: OpenapiOptions): readonly PathEndpoint[] {
  let served: Served | undefined;

  const refresh = (): Served => {
    const now = kinds();
    if (now === served?.kinds) return served;
    const groups = servedGroups(now);
    const byName = new Map([...subresourceKinds, ...now].map((kind) => [keyOf(kind), kind]));
    served = {
      kinds: now,
      groups,
      findKind: (wanted) => byName.get(keyOf(wanted)),
      others: new Map(otherPaths(groups, { logs }).map((each) => [each.document, each])),
      documents: unchanged(served, groups),
      index: undefined,
    };
    return served;
  };
  const document = ({ documents }: Served, key: string, steps: () => Steps<Uint8Array>): Promise<Document> => {
    let made = documents.get(key);
    if (made === undefined) {
      documents.set(key, (made = finishInTurns(hashed(steps()), turn)));
      made.catch(() => documents.delete(key));
    }
    return made;
  };

  const v2 = async ({ request }: RequestContext): Promise<Response> => {
    const now = refresh();
    const whole = (): DocumentV2 => documentV2(now.groups, now.findKind, { logs });
    switch (negotiateV2(request.headers["accept"])) {
      case "protobuf":
        return answer(request.headers, protobufType, await document(now, "v2 protobuf", () => encodeGnostic(whole())));
      case "json":
        return answer(request.headers, "application/json", await document(now, "v2 json", () => encodeJsonDocument(whole())));
    }
  };

  const ofPath = (now: Served, path: string): Promise<Document> | undefined => {
    const other = now.others.get(path);
    if (other !== undefined) return document(now, path, () => encodeJson(() => otherDocumentV3(other)));
    const [prefix, group = "", version = ""] = path.split("/");
    const [groupName, versionName] = prefix === "api" ? ["", group] : [group, version];
    if (prefix !== "api" && prefix !== "apis") return undefined;
    if (prefix === "apis" && groupName === "") return undefined;
    const found = now.groups.find(({ name }) => name === groupName)?.versions.find((each) => each.version === versionName);
    return found === undefined ? undefined : document(now, path, () => encodeJson(() => documentV3(groupName, found, now.findKind)));
  };

  const indexOf = async (now: Served, urls: ReadonlyMap<string, string>): Promise<Document> => {
    const own: (readonly [string, string])[] = [];
    for (const path of [...now.others.keys(), ...versionsOf(now.groups).keys()])
      own.push([path, urlOf(path, (await ofPath(now, path)!).hash)]);
    const entries = [...new Map([...own, ...urls])]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, url]) => [path, { serverRelativeURL: url }] as const);
    return finishInTurns(hashed(encodeJson(() => ({ paths: Object.fromEntries(entries) }))), turn);
  };

  const index = async ({ request }: RequestContext): Promise<Response> => {
    requireJson(request.headers["accept"]);
    const now = refresh();
    const urls = remote.urls();
    if (now.index?.urls !== urls) {
      const made = indexOf(now, urls);
      now.index = { urls, document: made };
      made.catch(() => (now.index = undefined));
    }
    return answer(request.headers, "application/json", await now.index!.document);
  };

  const version = async (context: RequestContext): Promise<Response | Upgrade> => {
    const now = refresh();
    const { request, info } = context;
    const path = info.path.slice("/openapi/v3/".length).replace(/\/$/, "");
    const elsewhere = remote.serve(path);
    if (elsewhere !== undefined) return elsewhere(context);
    const making = ofPath(now, path);
    if (making === undefined) throw noSuchPath();
    requireJson(request.headers["accept"]);
    const found = await making;
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

/** The group versions by the paths of their documents. */
function versionsOf(groups: readonly ServedGroup[]): ReadonlyMap<string, readonly Kind[]> {
  return new Map(
    groups.flatMap(({ name, versions }) =>
      versions.map(({ version, kinds }) => [name === "" ? `api/${version}` : `apis/${name}/${version}`, kinds] as const),
    ),
  );
}

/** The documents of group versions that serve the very same kinds as before: one more definition is no reason to make them all anew. */
function unchanged(before: Served | undefined, groups: readonly ServedGroup[]): Map<string, Promise<Document>> {
  if (before === undefined) return new Map();
  const known = versionsOf(before.groups);
  return new Map(
    [...versionsOf(groups)].flatMap(([path, kinds]) => {
      const document = before.documents.get(path);
      const same = known.get(path);
      const isSame = same?.length === kinds.length && same.every((kind, at) => kind === kinds[at]);
      return document !== undefined && isSame ? [[path, document] as const] : [];
    }),
  );
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

const hashedAtOnce = 64 * 1024;

function* hashed(steps: Steps<Uint8Array>): Steps<Document> {
  const bytes = yield* steps;
  const hash = sha256.create();
  for (let at = 0; at < bytes.length; at += hashedAtOnce) {
    const piece = bytes.subarray(at, at + hashedAtOnce);
    hash.update(piece);
    yield piecesIn(piece);
  }
  const digest = [...hash.digest()].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { bytes, hash: digest.toUpperCase() };
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
