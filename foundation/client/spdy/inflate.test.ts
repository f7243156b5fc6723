import { constants, createDeflate, deflateSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { headerDictionary } from "./header-dictionary.ts";
import { createInflater } from "./inflate.ts";

const dictionary = headerDictionary();

/** What zlib makes of each piece, up to a flush. */
async function deflated(pieces: readonly Uint8Array[], options: object): Promise<readonly Uint8Array[]> {
  const stream = createDeflate(options);
  const out: Uint8Array[] = [];
  for (const piece of pieces) {
    const chunks: Buffer[] = [];
    const onData = (chunk: Buffer): void => void chunks.push(chunk);
    stream.on("data", onData);
    stream.write(piece);
    await new Promise<void>((resolve) => void stream.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    stream.off("data", onData);
    out.push(new Uint8Array(Buffer.concat(chunks)));
  }
  stream.destroy();
  return out;
}

test("the dictionary is the one of SPDY/3: zlib finds the same checksum in what begins with it", () => {
  const { buffer, byteOffset } = deflateSync(new Uint8Array(), { dictionary });
  expect(new DataView(buffer, byteOffset).getUint32(2)).toBe(0xe3_c6_a7_c2);
});

test("whatever zlib packs, in whatever pieces, comes out as it was", async () => {
  const letters = fc.uint8Array({ maxLength: 200, max: 3 }).map((bytes) => bytes.map((byte) => 97 + byte));
  const words = fc
    .array(fc.constantFrom("content-type", "accept", "streamtype", "x"), { maxLength: 50 })
    .map((list) => new TextEncoder().encode(list.join("")));
  const piece = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 3000 }), letters, words);
  const options = fc.record({
    level: fc.integer({ min: 0, max: 9 }),
    strategy: fc.constantFrom(constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), options, fc.boolean(), async (pieces, how, withDictionary) => {
      const packed = await deflated(pieces, { ...how, ...(withDictionary ? { dictionary } : {}) });
      const inflater = createInflater({ dictionary, most: 100_000 });
      expect(packed.map((each) => Buffer.from(inflater.push(each)))).toEqual(pieces.map((each) => Buffer.from(each)));
    }),
    { numRuns: 60 },
  );
});

test("what is no zlib stream, what is damaged and what grows too much is refused", async () => {
  const inflate = (bytes: Uint8Array) => (): Uint8Array => createInflater({ dictionary, most: 1000 }).push(bytes);
  expect(inflate(Uint8Array.of(1, 2, 3))).toThrow("no zlib stream");
  expect(inflate(Uint8Array.of(0x78, 0x01, 0x07, 0, 0, 0))).toThrow("the data is damaged");
  const [bomb] = await deflated([new Uint8Array(100_000)], {});
  expect(inflate(bomb!)).toThrow("more than 1000 bytes");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      try {
        inflate(Uint8Array.of(0x78, 0x01, ...noise))();
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});
