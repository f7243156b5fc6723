import type { Chunk, ListMeta, Response } from "@kubets/machinery";
import { jsonAnswer } from "../request/answer.ts";
import type { Accepted } from "../request/content.ts";
import { type CachedObject, deepFreeze } from "../watch-cache/cached-object.ts";
import type { Projector } from "./projector.ts";

export interface ObjectList {
  readonly metadata: ListMeta;
  readonly objects: readonly CachedObject[];
}

const encoder = new TextEncoder();

// A list up to this size is answered in one piece; longer ones in pieces of about this size, between which other requests run.
const chunkBytes = 256 * 1024;

/** Writes a list from the encoded bytes of its objects (law 7): nothing of it is decoded, and never all of it is in memory. */
export function listAnswer(
  { metadata, objects }: ObjectList,
  { projector, accepted, inProcess }: { readonly projector: Projector; readonly accepted: Accepted; readonly inProcess: boolean },
): Response {
  const decoded = (): unknown =>
    projector.listValue(
      metadata,
      objects.map((object) => projector.itemValue(object)),
    );
  if (accepted.mediaType === "application/yaml" || accepted.pretty) return jsonAnswer(200, decoded(), accepted);
  const headers = { "content-type": "application/json" };
  const pieces = (): Iterable<Uint8Array> => piecesOf(projector.listHead(metadata), objects, projector);
  if (inProcess || isSmall(objects)) {
    return { status: 200, headers, body: { kind: "bytes", bytes: () => concat([...pieces()]), decoded: () => deepFreeze(decoded()) } };
  }
  return { status: 200, headers, body: { kind: "stream", chunks: chunksOf(pieces()) } };
}

function isSmall(objects: readonly CachedObject[]): boolean {
  let bytes = 0;
  for (const object of objects) {
    bytes += object.bytes.length;
    if (bytes > chunkBytes) return false;
  }
  return true;
}

const comma = encoder.encode(",");
const tail = encoder.encode("]}\n");

function* piecesOf(head: string, objects: readonly CachedObject[], projector: Projector): Iterable<Uint8Array> {
  yield encoder.encode(head);
  let isFirst = true;
  for (const object of objects) {
    if (!isFirst) yield comma;
    isFirst = false;
    yield projector.itemBytes(object);
  }
  yield tail;
}

async function* chunksOf(pieces: Iterable<Uint8Array>): AsyncIterable<Chunk> {
  let held: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    held.push(piece);
    length += piece.length;
    if (length < chunkBytes) continue;
    const bytes = concat(held);
    yield { bytes: () => bytes };
    held = [];
    length = 0;
  }
  if (length > 0) yield { bytes: () => concat(held) };
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
