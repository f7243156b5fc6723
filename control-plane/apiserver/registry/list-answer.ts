import { type Chunk, deepFreeze, type ListMeta, type Response } from "@kubets/machinery";
import type { CachedObject } from "../watch-cache/cached-object.ts";
import { concat } from "./encoding/concat.ts";
import type { Encoding } from "./encoding/encoding.ts";
import type { Projector } from "./projector.ts";

export interface ObjectList {
  readonly metadata: ListMeta;
  readonly objects: readonly CachedObject[];
}

export interface ListAnswerOptions {
  readonly projector: Projector;
  readonly encoding: Encoding;
  readonly inProcess: boolean;
}

// A list up to this size is answered in one piece; longer ones in pieces of about this size, between which other requests run.
const chunkBytes = 256 * 1024;
// The last object of a piece may stand out of it.
const roomBytes = chunkBytes + 32 * 1024;

/** Writes a list from the encoded bytes of its objects (law 7): nothing of it is decoded, and never all of it is in memory. */
export function listAnswer({ metadata, objects }: ObjectList, { projector, encoding, inProcess }: ListAnswerOptions): Response {
  const decoded = (): unknown =>
    projector.listValue(
      metadata,
      objects.map((object) => projector.itemValue(object)),
    );
  const headers = { "content-type": encoding.contentType };
  if (inProcess || isSmall(objects)) {
    const bytes = (): Uint8Array => concat([...encoding.list(metadata, objects)]);
    return { status: 200, headers, body: { kind: "bytes", bytes, decoded: () => deepFreeze(decoded()) } };
  }
  return { status: 200, headers, body: { kind: "stream", chunks: chunksOf(encoding.list(metadata, objects)), isWhole: true } };
}

function isSmall(objects: readonly CachedObject[]): boolean {
  let bytes = 0;
  for (const object of objects) {
    bytes += object.size;
    if (bytes > chunkBytes) return false;
  }
  return true;
}

/** Each chunk is joined where the one before it was, once that has been released. */
async function* chunksOf(pieces: Iterable<Uint8Array>): AsyncIterable<Chunk> {
  let room = new Uint8Array();
  let held: Uint8Array[] = [];
  let length = 0;
  const joined = (): Chunk => {
    // Memory beside V8's heap that is thrown away by the megabyte makes it look for garbage in the whole heap every few lists.
    const bytes = room.length < length ? new Uint8Array(Math.max(length, roomBytes)) : room;
    room = new Uint8Array();
    let at = 0;
    for (const piece of held) {
      bytes.set(piece, at);
      at += piece.length;
    }
    const whole = bytes.subarray(0, at);
    return { bytes: () => whole, release: () => void (room = bytes) };
  };
  for (const piece of pieces) {
    // Nothing to send yet, but others may run.
    if (piece.length === 0) yield { bytes: () => piece };
    else held.push(piece);
    length += piece.length;
    if (length < chunkBytes) continue;
    yield joined();
    held = [];
    length = 0;
  }
  if (length > 0) yield joined();
}
