import { createDuplexPair } from "@kubets/client";
import {
  badRequest,
  type DialRequest,
  type DialUpgrade,
  type Duplex,
  type Headers,
  offeredProtocols,
  webSocketAgreement,
} from "@kubets/machinery";

/** A connection that was agreed upon: what the client is answered, and our end of it. */
export interface Accepted {
  readonly answer: DialUpgrade;
  readonly connection: Duplex;
  readonly protocol: string;
}

export function isSpdyRequest({ headers }: DialRequest): boolean {
  return plain(headers).upgrade?.toLowerCase() === "spdy/3.1";
}

/** Agrees to a websocket that speaks the first of `protocols` that the client speaks too. Throws `BadRequest`. */
export function acceptUpgrade(request: DialRequest, protocols: readonly string[]): Accepted {
  const headers = plain(request.headers);
  if (headers.upgrade?.toLowerCase() !== "websocket") throw badRequest("Upgrade request required");
  const protocol = agreed(offeredProtocols(headers), protocols);
  return accepted(protocol, webSocketAgreement(headers, protocol));
}

/** The same over SPDY. */
export function acceptSpdy(request: DialRequest, protocols: readonly string[]): Accepted {
  const offered = (plain(request.headers)["x-stream-protocol-version"] ?? "").split(",").map((each) => each.trim());
  const protocol = agreed(offered, protocols);
  return accepted(protocol, { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol });
}

function agreed(offered: readonly string[], protocols: readonly string[]): string {
  const protocol = protocols.find((each) => offered.includes(each));
  if (protocol === undefined) throw badRequest(`unable to upgrade: none of the subprotocols ${offered.join(", ")} is spoken here`);
  return protocol;
}

function accepted(protocol: string, headers: DialUpgrade["headers"]): Accepted {
  const [theirs, connection] = createDuplexPair();
  return { answer: { status: 101, headers, connection: theirs }, connection, protocol };
}

function plain(headers: DialRequest["headers"]): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : value.join(", ")]));
}
