/** The parts of a URL that rules can ask for, as Go's net/url tells them. */
export interface Url {
  readonly scheme: string;
  /** With the port. */
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly escapedPath: string;
  readonly query: string;
}

/** Reads an absolute URL, or an absolute path, as Go's `ParseRequestURI` accepts it; else what is wrong, in Go's words. */
export function parseUrl(text: string): Url | string {
  const problem = (what: string): string => `parse ${JSON.stringify(text)}: ${what}`;
  if (hasControl(text)) return problem("net/url: invalid control character in URL");
  if (text === "") return problem("empty url");
  const scheme = schemeOf(text);
  if (scheme === undefined) return problem("missing protocol scheme");
  const whole = scheme === "" ? text : text.slice(scheme.length + 1);
  if (!whole.startsWith("/")) {
    return scheme === "" ? problem("invalid URI for request") : { ...empty, scheme: scheme.toLowerCase(), query: between(whole, "?", "#") };
  }
  const rest = until(whole, "#");
  const query = between(whole, "?", "#");
  const path = until(rest, "?");
  if (scheme === "" || !path.startsWith("//")) return withPath({ ...empty, scheme: scheme.toLowerCase(), query }, path, problem);
  const slash = path.indexOf("/", 2);
  const authority = slash < 0 ? path.slice(2) : path.slice(2, slash);
  const at = authority.lastIndexOf("@");
  if (at >= 0 && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, at))) return problem("net/url: invalid userinfo");
  const host = authority.slice(at + 1);
  const wrong = hostProblem(host);
  if (wrong !== undefined) return problem(wrong);
  const { hostname, port } = splitHost(decoded(host) ?? host);
  const located = { ...empty, scheme: scheme.toLowerCase(), host: decoded(host) ?? host, hostname, port, query };
  return withPath(located, slash < 0 ? "" : path.slice(slash), problem);
}

const empty: Url = { scheme: "", host: "", hostname: "", port: "", escapedPath: "", query: "" };

function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

/** `""` when there is none, `undefined` when there is but a colon. */
function schemeOf(text: string): string | undefined {
  if (text.startsWith(":")) return undefined;
  return /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1] ?? "";
}

function until(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
}

function between(text: string, mark: string, end: string): string {
  const before = until(text, end);
  const at = before.indexOf(mark);
  return at < 0 ? "" : before.slice(at + 1);
}

function hostProblem(host: string): string | undefined {
  const bracket = host.startsWith("[") ? host.lastIndexOf("]") : -1;
  if (host.startsWith("[") && bracket < 0) return "missing ']' in host";
  const colon = host.startsWith("[") ? bracket + 1 : host.lastIndexOf(":");
  const port = colon < 0 ? "" : host.slice(colon);
  if (!/^(?::[0-9]*)?$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
  const escape = badEscape(host);
  if (escape !== undefined) return `invalid URL escape ${JSON.stringify(escape)}`;
  const wrong = /[ "<>\\^`{|}]/.exec(host);
  return wrong === null ? undefined : `invalid character ${JSON.stringify(wrong[0])} in host name`;
}

function splitHost(host: string): { readonly hostname: string; readonly port: string } {
  const [, bracketed, plain, port = ""] = /^(?:\[(.*)\]|([^:]*|.*))(?::([0-9]*))?$/.exec(host) ?? [];
  return { hostname: bracketed ?? plain ?? "", port };
}

function withPath(url: Url, path: string, problem: (what: string) => string): Url | string {
  const escape = badEscape(path);
  if (escape !== undefined) return problem(`invalid URL escape ${JSON.stringify(escape)}`);
  return { ...url, escapedPath: escapePath(path) };
}

/** The first percent sign that two hexadecimal digits don't follow, with what does. */
function badEscape(text: string): string | undefined {
  return /%(?![0-9A-Fa-f]{2}).{0,2}/su.exec(text)?.[0];
}

/** The path as it was written, when all of it may stand in a path; else with the rest escaped. */
function escapePath(path: string): string {
  if (/^[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]%]*$/.test(path)) return path;
  const plain = decoded(path) ?? path;
  return Array.from(new TextEncoder().encode(plain), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~$&+,/:;=@]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

function decoded(text: string): string | undefined {
  if (!text.includes("%")) return text;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let at = 0; at < text.length;) {
    if (text[at] === "%") {
      bytes.push(Number.parseInt(text.slice(at + 1, at + 3), 16));
      at += 3;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(at)!);
    bytes.push(...encoder.encode(character));
    at += character.length;
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** The values of a query by name. What is wrongly escaped, or has a semicolon, is left out. */
export function queryOf({ query }: Url): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const pair of query.split("&")) {
    if (pair === "" || pair.includes(";") || badEscape(pair) !== undefined) continue;
    const equals = pair.indexOf("=");
    const [name, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
    const text = (part: string): string => decoded(part.replaceAll("+", " ")) ?? part;
    const known = values.get(text(name!));
    if (known === undefined) values.set(text(name!), [text(value!)]);
    else known.push(text(value!));
  }
  return values;
}
