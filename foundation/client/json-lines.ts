import { joinedBytes } from "./joined-bytes.ts";
/** Reads JSON values that are separated by newlines out of pieces of bytes that end anywhere, within a character as well. */
export interface JsonLinesParser {
  /** The values whose lines end in `bytes`. Throws `SyntaxError` for a line that is not JSON. */
  push(bytes: Uint8Array): readonly unknown[];
  /** The value of a last line without a newline, if any. A line that breaks off is an error here. */
  end(): readonly unknown[];
}

const newline = 0x0a;

export function createJsonLinesParser(): JsonLinesParser {
  // The beginning of a line whose end has not come yet: joined only once, however many pieces it comes in.
  let pieces: Uint8Array[] = [];
  const decoder = new TextDecoder();

  return {
    push(bytes) {
      const end = bytes.lastIndexOf(newline);
      if (end < 0) {
        if (bytes.length > 0) pieces.push(bytes);
        return [];
      }
      pieces.push(bytes.subarray(0, end));
      const text = decoder.decode(joinedBytes(pieces));
      pieces = end + 1 < bytes.length ? [bytes.subarray(end + 1)] : [];
      return parseLines(text);
    },
    end() {
      const text = decoder.decode(joinedBytes(pieces));
      pieces = [];
      return parseLines(text);
    },
  };
}

function parseLines(text: string): readonly unknown[] {
  const values: unknown[] = [];
  for (const line of text.split("\n")) if (line.trim() !== "") values.push(JSON.parse(line));
  return values;
}
