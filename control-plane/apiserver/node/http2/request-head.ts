import type { Field } from "./header-table.ts";
import type { StreamHead } from "./server-stream.ts";

const pseudo: ReadonlySet<string> = new Set([":method", ":scheme", ":path", ":authority"]);
const ofConnections: ReadonlySet<string> = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

const allowed = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const forbidden = /[\0\r\n]/;

/** What a head asks for; `undefined` for one that is none of a request (RFC 9113, 8.1 to 8.3). Fields of one name are joined. */
export function requestOf(fields: readonly Field[]): StreamHead | undefined {
  const about: Record<string, string> = {};
  const headers: Record<string, string> = {};
  let isAbout = true;
  for (const { name, value } of fields) {
    if (forbidden.test(value)) return undefined;
    if (name.charCodeAt(0) === 0x3a) {
      if (!isAbout || !pseudo.has(name) || name in about) return undefined;
      about[name] = value;
      continue;
    }
    isAbout = false;
    if (!allowed.test(name) || ofConnections.has(name) || (name === "te" && value !== "trailers")) return undefined;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (name === "content-length") return undefined;
    else headers[name] = `${before}${name === "cookie" ? "; " : ", "}${value}`;
  }
  const { ":method": method, ":path": target, ":scheme": scheme } = about;
  if (method === undefined || scheme === undefined || target === undefined || target === "") return undefined;
  if (headers["content-length"] !== undefined && !/^[0-9]+$/.test(headers["content-length"])) return undefined;
  return { method, target, headers };
}
