import { sha1 } from "@noble/hashes/legacy.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Headers } from "./handler.ts";

/** The subprotocols that a client offers for its websocket, in its order; none when it asks for no websocket. */
export function offeredProtocols({ upgrade, "sec-websocket-protocol": offered = "" }: Headers): readonly string[] {
  if (upgrade?.toLowerCase() !== "websocket") return [];
  return offered
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

/** With which a server agrees to a websocket, as RFC 6455 asks for; without a protocol where none was chosen. */
export function webSocketAgreement({ "sec-websocket-key": key = "" }: Headers, protocol: string | undefined): Headers {
  const digest = sha1(utf8ToBytes(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`));
  return {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-accept": btoa(String.fromCharCode(...digest)),
    ...(protocol === undefined ? {} : { "sec-websocket-protocol": protocol }),
  };
}
