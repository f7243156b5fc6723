import { decodeBase64Url, type Request } from "@kubets/machinery";

const websocketTokenProtocol = "base64url.bearer.authorization.k8s.io.";

/**
 * The bearer token of a request: from its `Authorization` header, or from the websocket subprotocol by which browsers, that can't set
 * headers on websockets, send it. `undefined` when there is none.
 */
export function bearerToken({ headers }: Request): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const [scheme = "", token = ""] = authorization.trim().split(" ");
    if (scheme.toLowerCase() === "bearer" && token !== "") return token;
  }
  const offered = headers["sec-websocket-protocol"]?.split(",").map((each) => each.trim()) ?? [];
  const protocol = offered.find((each) => each.startsWith(websocketTokenProtocol));
  if (protocol === undefined) return undefined;
  const bytes = decodeBase64Url(protocol.slice(websocketTokenProtocol.length));
  // An unreadable token is one that nobody accepts, not the absence of one.
  return bytes === undefined ? protocol : new TextDecoder().decode(bytes);
}
