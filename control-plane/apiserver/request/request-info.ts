import { badRequest } from "@kubets/machinery";
import type { Request } from "@kubets/machinery";
import type { RequestInfo, ResourceInfo } from "../contracts.ts";

// Subresources of a namespace: `/namespaces/x/status` is about the Namespace, `/namespaces/x/pods` about its Pods.
const namespaceSubresources: ReadonlySet<string> = new Set(["status", "finalize"]);

const verbOfMethod: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/**
 * Reads what a request asks for from its method and target: the first step of the pipeline.
 *
 * Throws `BadRequest` for a path that can't be decoded.
 */
export function requestInfoOf({ method, target }: Pick<Request, "method" | "target">): RequestInfo {
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = queryOf(mark < 0 ? "" : target.slice(mark + 1));
  const parts = segmentsOf(path);
  const groupLength = parts[0] === "api" ? 1 : 2;
  const isResource = (parts[0] === "api" || parts[0] === "apis") && parts.length >= groupLength + 2;
  if (!isResource) return { verb: method.toLowerCase(), path: decode(path), query };
  const group = parts[0] === "api" ? "" : parts[1]!;
  const version = parts[groupLength]!;
  let rest = parts.slice(groupLength + 1);
  // The deprecated form `/watch/pods`, which asks for the same as `/pods?watch=true`.
  const watches = rest[0] === "watch" && rest.length > 1;
  if (watches) rest = rest.slice(1);
  let namespace = "";
  if (rest[0] === "namespaces" && rest.length > 1) {
    namespace = rest[1]!;
    if (rest.length > 2 && !namespaceSubresources.has(rest[2]!)) rest = rest.slice(2);
  }
  const [resource = "", name = "", subresource = "", ...below] = rest;
  const info: ResourceInfo = { group, version, namespace, resource, subresource, rest: restOf(path, below), name };
  if (watches) return { verb: "watch", path: decode(path), query, resource: info };
  return { verb: verbOf(method, info, query), path: decode(path), query, resource: nameFromSelector(info, method, query) };
}

/** Clients ask the same over and over: what they all ask is `?fieldManager=…`. Nobody changes a query that was read. */
const queries = new Map<string, URLSearchParams>();
const mostQueries = 256;
const longestKept = 128;

function queryOf(text: string): URLSearchParams {
  const known = queries.get(text);
  if (known !== undefined) return known;
  const query = new URLSearchParams(text);
  if (text.length > longestKept) return query;
  if (queries.size >= mostQueries) queries.clear();
  queries.set(text, query);
  return query;
}

function verbOf(method: string, { name }: ResourceInfo, query: URLSearchParams): string {
  const verb = verbOfMethod[method] ?? method.toLowerCase();
  if (name !== "") return verb;
  if (verb === "get") return isTrue(query.get("watch")) ? "watch" : "list";
  return verb === "delete" ? "deletecollection" : verb;
}

/** A list or watch of one name is authorized by that name. */
function nameFromSelector(info: ResourceInfo, method: string, query: URLSearchParams): ResourceInfo {
  if (info.name !== "" || (method !== "GET" && method !== "HEAD")) return info;
  const match = /(?:^|,)metadata\.name==?([^,=!]+)(?:,|$)/.exec(query.get("fieldSelector") ?? "");
  return match === null ? info : { ...info, name: match[1]! };
}

/** What a proxied request carries keeps its own escapes and its slash at the end. */
function restOf(path: string, below: readonly string[]): string {
  if (below.length === 0) return "";
  let from = path.length;
  if (path.endsWith("/")) from--;
  for (let count = below.length; count > 0; count--) from = path.lastIndexOf("/", from - 1);
  return path.slice(from + 1);
}

function isTrue(value: string | null): boolean {
  return value !== null && value !== "false" && value !== "0";
}

function segmentsOf(path: string): readonly string[] {
  let from = 0;
  let to = path.length;
  while (path[from] === "/") from++;
  while (to > from && path[to - 1] === "/") to--;
  if (from === to) return [];
  const segments = path.slice(from, to).split("/");
  return path.includes("%") ? segments.map(decode) : segments;
}

function decode(text: string): string {
  try {
    return text.includes("%") ? decodeURIComponent(text) : text;
  } catch (cause) {
    throw badRequest(`Cannot read the path "${text}": invalid escape`, { cause });
  }
}
