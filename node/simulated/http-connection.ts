import { joinedBytes } from "@kubets/client";
import type { Duplex } from "@kubets/machinery";
import { bytesOf } from "./bytes.ts";

/** A request as it stands in a connection. */
export interface PlainRequest {
  readonly method: string;
  readonly target: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
}

const longestHead = 65_536;
const longestBody = 64 * 2 ** 20;

/** Speaks HTTP/1.1 on a connection, one request after the other, until the client has said all it wanted to. */
export async function serveHttpConnection(connection: Duplex, answer: (request: PlainRequest) => Promise<PlainAnswer>): Promise<void> {
  const reader = createReader(connection.readable);
  for (let head = await reader.until("\r\n\r\n", longestHead); head !== undefined; head = await reader.until("\r\n\r\n", longestHead)) {
    const [first = "", ...lines] = head.split("\r\n");
    const [method = "", target = "", version = ""] = first.split(" ");
    if (!version.startsWith("HTTP/1.")) return writeAnswer(connection, 400, {}, bytesOf("400 Bad Request"));
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const body = await readBody(reader, headers);
    const { status, headers: own, body: chunks } = await answer({ method, target, headers, body });
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    await writeAnswer(connection, status, own, joinedBytes(parts));
    if (version === "HTTP/1.0" || headers["connection"]?.toLowerCase() === "close") return;
  }
}

async function readBody(reader: Reader, headers: Readonly<Record<string, string>>): Promise<Uint8Array> {
  if (headers["transfer-encoding"]?.toLowerCase() !== "chunked") return reader.take(Number(headers["content-length"] ?? 0));
  const parts: Uint8Array[] = [];
  for (;;) {
    const size = Number.parseInt((await reader.until("\r\n", longestHead)) ?? "0", 16);
    if (size === 0) break;
    parts.push(await reader.take(size));
    await reader.take(2);
  }
  await reader.until("\r\n", longestHead);
  return joinedBytes(parts);
}

async function writeAnswer(connection: Duplex, status: number, headers: PlainAnswer["headers"], body: Uint8Array): Promise<void> {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((each) => `${name}: ${each}`));
  const head = [`HTTP/1.1 ${status} ${status < 400 ? "OK" : "Error"}`, ...lines, `content-length: ${body.length}`, "", ""].join("\r\n");
  await connection.write(joinedBytes([bytesOf(head), body]));
}

interface Reader {
  /** What comes before a mark, which is taken as well; `undefined` at the end. Throws when it is longer than `most`. */
  until(mark: string, most: number): Promise<string | undefined>;
  /** Throws when there aren't as many bytes. */
  take(count: number): Promise<Uint8Array>;
}

function createReader(readable: AsyncIterable<Uint8Array>): Reader {
  const source = readable[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array(0);
  const more = async (): Promise<boolean> => {
    const { value, done } = await source.next();
    if (done === true) return false;
    held = joinedBytes([held, value]);
    return true;
  };
  return {
    async until(mark, most) {
      for (;;) {
        const text = Array.from(held.subarray(0, most), (byte) => String.fromCharCode(byte)).join("");
        const end = text.indexOf(mark);
        if (end >= 0) {
          held = held.subarray(end + mark.length);
          return text.slice(0, end);
        }
        if (held.length >= most) throw new RangeError(`Cannot read a request: its head is longer than ${most} bytes`);
        if (!(await more())) return undefined;
      }
    },
    async take(count) {
      if (!(count >= 0 && count <= longestBody)) throw new RangeError(`Cannot read a body of ${count} bytes`);
      while (held.length < count) if (!(await more())) throw new Error("Cannot read a request: the connection ended within it");
      const taken = held.subarray(0, count);
      held = held.subarray(count);
      return taken;
    },
  };
}
