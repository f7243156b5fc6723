import type { Headers } from "@kubets/machinery";
import { staticFields } from "./header-table.ts";

/** Fields of HTTP/1.1 that speak of its connection; HTTP/2 forbids them. */
const ofConnections: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Writes the head of an answer as HPACK, and answers its length. Every field is written out and none is kept in a table: heads are short beside
 * their bodies, and so any of them can be written without knowing those before. `room` holds what {@link roomOfHead} says.
 */
export function writeHead(room: Buffer, start: number, status: number, headers: Headers): number {
  const writer = new BlockWriter(room, start);
  const known = indexedStatus.get(status);
  if (known !== undefined) writer.byte(0x80 | known);
  else writer.field(indexOfStatus, "", String(status));
  if (headers["date"] === undefined) writer.field(indexOf.get("date")!, "", dateNow());
  for (const name in headers) {
    const value = headers[name]!;
    const index = indexOf.get(name);
    if (index !== undefined) writer.field(index, "", value);
    else if (!ofConnections.has(name)) writer.field(0, name.toLowerCase(), value);
  }
  return writer.at - start;
}

/** How long a head can become. */
export function roomOfHead(headers: Headers): number {
  let room = 64;
  for (const name in headers) room += 12 + name.length + headers[name]!.length;
  return room;
}

const indexOfStatus = 8;
const indexedStatus: ReadonlyMap<number, number> = new Map(
  staticFields.flatMap(({ name, value }, index) => (name === ":status" ? [[Number(value), index + 1] as const] : [])),
);

/** Names that both ends know, and that an answer may have. */
const indexOf: ReadonlyMap<string, number> = new Map(
  staticFields.flatMap(({ name }, index) => (name.startsWith(":") || ofConnections.has(name) ? [] : [[name, index + 1] as const])),
);

class BlockWriter {
  readonly #room: Buffer;
  at: number;

  constructor(room: Buffer, at: number) {
    this.#room = room;
    this.at = at;
  }

  byte(value: number): void {
    this.#room[this.at++] = value;
  }

  /** A field that nobody needs to remember: the index of its name, or the name itself where that is 0. */
  field(index: number, name: string, value: string): void {
    this.#number(4, index);
    if (index === 0) this.#text(name);
    this.#text(value);
  }

  #text(text: string): void {
    this.#number(7, text.length);
    const safe = forbidden.test(text) ? text.replaceAll(/[\0\r\n]/g, " ") : text;
    this.at += this.#room.write(safe, this.at, "latin1");
  }

  #number(bits: number, number: number): void {
    const most = (1 << bits) - 1;
    if (number < most) return this.byte(number);
    this.byte(most);
    let rest = number - most;
    for (; rest >= 0x80; rest >>= 7) this.byte(0x80 | (rest & 0x7f));
    this.byte(rest);
  }
}

const forbidden = /[\0\r\n]/;

let second = 0;
let date = "";

function dateNow(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    date = new Date(now * 1000).toUTCString();
  }
  return date;
}
