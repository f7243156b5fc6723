import type { Steps } from "@kubets/machinery";
import { concat } from "../registry/encoding/concat.ts";
import { type DocumentV2, Entries, type Json } from "./documents.ts";

const encoder = new TextEncoder();

/** An OpenAPI v2 document as JSON. */
export function* encodeJsonDocument(document: DocumentV2): Steps<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (const [index, [name, value]] of document.entries()) {
    const before = `${index === 0 ? "{" : ","}${JSON.stringify(name)}:`;
    if (!(value instanceof Entries)) {
      chunks.push(encoder.encode(`${before}${JSON.stringify(value)}`));
      continue;
    }
    let separator = `${before}{`;
    for (const [key, entry] of value) {
      const bytes = encoder.encode(`${separator}${JSON.stringify(key)}:${JSON.stringify(entry)}`);
      separator = ",";
      chunks.push(bytes);
      yield piecesIn(bytes);
    }
    chunks.push(encoder.encode(separator === "," ? "}" : `${separator}}`));
  }
  chunks.push(encoder.encode("}"));
  return concat(chunks);
}

/** A document small enough to be made in two steps. */
export function* encodeJson(make: () => Json): Steps<Uint8Array> {
  const document = make();
  yield aWholeTurn;
  const bytes = encoder.encode(JSON.stringify(document));
  yield aWholeTurn;
  return bytes;
}

const aWholeTurn = 1000;

/** How many pieces of work it was to make so many bytes. */
export function piecesIn({ length }: Uint8Array): number {
  return Math.ceil(length / 500);
}
