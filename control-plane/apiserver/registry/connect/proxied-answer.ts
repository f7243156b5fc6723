import type { Headers, Response } from "@kubets/machinery";
import type { RequestContext } from "../../contracts.ts";
import { rewriteLinks } from "./html-links.ts";

/** Where a page is on this side, and where on the other. */
export interface ProxiedPlace {
  /** What stands before the other side's path: `/api/v1/namespaces/NS/services/NAME/proxy`. */
  readonly prefix: string;
  /** `host:port` under which the page knows itself: its own, and the one that the client asked. */
  readonly hosts: readonly string[];
}

/** The part of a proxy request's path that the other side doesn't know. */
export function prefixOf({ request, info }: RequestContext): string {
  const path = pathOf(request.target);
  const suffix = `/${info.resource?.rest ?? ""}`;
  return path.endsWith(suffix) ? path.slice(0, -suffix.length) : path;
}

/**
 * A request for the proxy itself, without the slash at its end: links of a page that was answered there would lead beside it. The
 * client is sent to the path with the slash; `undefined` for all other requests.
 */
export function redirectToSlash({ request, info }: RequestContext): Response | undefined {
  const { method, target } = request;
  const path = pathOf(target);
  if ((info.resource?.rest ?? "") !== "" || path.endsWith("/") || (method !== "GET" && method !== "HEAD")) return undefined;
  const location = `${path}/${target.slice(path.length)}`;
  return { status: 301, headers: { location }, body: { kind: "bytes", bytes: () => new Uint8Array() } };
}

/**
 * The URL as it leads through the proxy: paths from the root get its prefix. URLs of other hosts and relative ones stay as they are.
 */
export function throughProxy(url: string, { prefix, hosts }: ProxiedPlace): string {
  const parts = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/is.exec(url);
  const [, scheme, host = "", path = "", rest = ""] = parts ?? [];
  if ((host !== "" && !hosts.includes(host)) || (host === "" && scheme !== undefined) || !path.startsWith("/")) return url;
  // A page that knows the proxy has written the whole path itself.
  if (path.startsWith(prefix)) return `${path}${rest}`;
  return `${prefix}${withoutDots(path)}${rest}`;
}

/** A path without `.`, `..` and empty segments: it can't lead out of the prefix. */
function withoutDots(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return `/${kept.join("/")}${path.endsWith("/") && kept.length > 0 ? "/" : ""}`;
}

/** The answer of the other side as it looks from here: redirects and the links of HTML pages lead through the proxy. */
export function throughProxyAnswer(answer: Response, place: ProxiedPlace): Response {
  const headers = withoutPermissions(answer.headers);
  const { location } = headers;
  if (location !== undefined && location !== "") return { ...answer, headers: { ...headers, location: throughProxy(location, place) } };
  const mediaType = (headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
  if (mediaType !== "text/html" || headers["content-encoding"] !== undefined || answer.body.kind !== "stream")
    return { ...answer, headers };
  const { chunks } = answer.body;
  const page = (async function* () {
    for await (const chunk of chunks) yield chunk.bytes();
  })();
  return { ...answer, headers, body: { kind: "stream", chunks: chunksOf(rewriteLinks(page, (url) => throughProxy(url, place))) } };
}

async function* chunksOf(page: AsyncIterable<Uint8Array>): AsyncGenerator<{ readonly bytes: () => Uint8Array }> {
  for await (const bytes of page) yield { bytes: () => bytes };
}

/** What the other side allows to pages of other origins would count for this server. */
function withoutPermissions(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("access-control-allow-")));
}

function pathOf(target: string): string {
  const mark = target.indexOf("?");
  return mark < 0 ? target : target.slice(0, mark);
}
