import { expect, test } from "vitest";
import { beginningOfBody, textOfBody } from "./text-of-body.ts";

/** One byte at a time; `ended` says whether the reader let go of it. */
function bytesOf(text: string, { times = 1 } = {}): AsyncIterable<Uint8Array> & { ended: boolean } {
  const bytes = new TextEncoder().encode(text);
  const body = {
    ended: false,
    async *[Symbol.asyncIterator]() {
      try {
        for (let time = 0; time < times; time++) for (const byte of bytes) yield Uint8Array.of(byte);
      } finally {
        body.ended = true;
      }
    },
  };
  return body;
}

test("a body is read as text, also where a piece ends within a character", async () => {
  expect(await textOfBody(bytesOf("größe"), 7)).toBe("größe");
  expect(await beginningOfBody(bytesOf("größe"), 100)).toBe("größe");
});

test("a body that is longer than its limit is refused in words and let go of", async () => {
  const body = bytesOf("no", { times: Infinity });
  await expect(textOfBody(body, 1000)).rejects.toThrow("the answer is longer than 1000 bytes");
  expect(body.ended).toBe(true);
});

test("of a body that never ends, its beginning is read and the rest let go of", async () => {
  const body = bytesOf("ab", { times: Infinity });
  expect(await beginningOfBody(body, 5)).toBe("ababa");
  expect(body.ended).toBe(true);
});
