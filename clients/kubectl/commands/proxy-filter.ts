import { regularExpression, type RegularExpression } from "@kubets/machinery";
import type { FlagValues } from "../command-line/flags.ts";
import { CommandError } from "../errors.ts";
import { cleanPath } from "./copied-paths.ts";

/** What becomes of a request to the proxy: it goes on to the API server as `target`, or it is answered here. */
export type Verdict =
  | { readonly is: "passed on"; readonly target: string }
  | { readonly is: "forbidden" }
  | { readonly is: "unknown" }
  | { readonly is: "malformed" }
  | { readonly is: "redirected"; readonly location: string };

export interface JudgedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** The request's `Host`. */
  readonly host: string;
}

/** Which requests are passed on, each list in regular expressions with commas between them. */
export interface FilterRules {
  readonly acceptPaths: string;
  /** Rejected even when they are accepted as well. */
  readonly rejectPaths: string;
  readonly acceptHosts: string;
  readonly rejectMethods: string;
}

/** Commands in containers are not for whoever opens a page in this machine's browser, nor is anything for pages from elsewhere. */
const defaults: FilterRules = {
  acceptPaths: "^.*",
  rejectPaths: "^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach",
  acceptHosts: String.raw`^localhost$,^127\.0\.0\.1$,^\[::1\]$`,
  rejectMethods: "^$",
};

/** The judge of requests that the command line describes. Throws for what is no regular expression. */
export function judgeOf(flags: FlagValues): (request: JudgedRequest) => Verdict {
  const rule = (flag: string, otherwise: string): ((text: string) => boolean) => matcherOf(flags.text(flag) ?? otherwise);
  const prefix = (flags.text("api-prefix") ?? "/").replace(/\/?$/, "/");
  const isAccepted = rule("accept-paths", defaults.acceptPaths);
  const isRejected = rule("reject-paths", defaults.rejectPaths);
  const isKnownHost = rule("accept-hosts", defaults.acceptHosts);
  const isRejectedMethod = rule("reject-methods", defaults.rejectMethods);
  const isAllowed = (method: string, path: string, host: string): boolean =>
    flags.is("disable-filter") || (!isRejected(path) && !isRejectedMethod(method) && isAccepted(path) && isKnownHost(host));

  return ({ method, target, host }) => {
    const [, raw = "", query = ""] = /^([^?]*)(.*)$/s.exec(target)!;
    const path = decoded(raw);
    if (path === undefined || !path.startsWith("/")) return { is: "malformed" };
    const clean = cleanPath(path) + (path.endsWith("/") && cleanPath(path) !== "/" ? "/" : "");
    // Else another way to write a path would lead past the rules for it.
    if (clean !== path) return { is: "redirected", location: encodeURI(clean) + query };
    if (!path.startsWith(prefix)) return { is: "unknown" };
    // Under /api the prefix is a part of the API's own paths.
    const cut = prefix.startsWith("/api") ? 0 : prefix.length - 1;
    if (!isAllowed(method, path.slice(cut), withoutPort(host))) return { is: "forbidden" };
    return { is: "passed on", target: raw.slice(cut) + query };
  };
}

function matcherOf(patterns: string): (text: string) => boolean {
  const expressions: RegularExpression[] = [];
  for (const pattern of patterns === "" ? [] : patterns.split(",")) {
    const expression = regularExpression(pattern);
    if ("problem" in expression) throw new CommandError(`Error compiling re: ${expression.problem}`);
    expressions.push(expression);
  }
  return (text) => expressions.some((expression) => expression.test(text));
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, (whole, address: string) => (host.endsWith("]") ? whole : address));
}
