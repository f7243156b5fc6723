import { seededRandom } from "@kubets/machinery";

/** What every write has in it that no other has. */
export function markOf(key: string, before: number): string {
  return `${key} after ${before};`;
}

/** What is written under a key that was at a revision: a readable beginning, and up to 20 kB that follow from it. */
export function valueFor(key: string, before: number): Uint8Array {
  const head = encoder.encode(markOf(key, before));
  const random = seededRandom(hash(`${key} ${before}`));
  // Mostly small; sometimes over many pages, of which a crash could leave a part.
  const length = random.fraction() < 0.1 ? Math.floor(random.fraction() * 20_000) : Math.floor(random.fraction() * 1000);
  const value = new Uint8Array(head.length + length);
  value.set(head);
  value.set(random.bytes(length), head.length);
  return value;
}

/** The revision that {@link valueFor} was told; undefined when the value isn't one of its. */
export function beforeOf(key: string, value: Uint8Array): number | undefined {
  const end = value.indexOf(semicolon);
  const match = /^(.*) after (\d+)$/.exec(decoder.decode(value.subarray(0, end)));
  if (match === null || match[1] !== key) return undefined;
  const before = Number(match[2]);
  return Buffer.compare(valueFor(key, before), value) === 0 ? before : undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const semicolon = 0x3b;

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const unit of encoder.encode(text)) value = Math.imul(value ^ unit, 0x01000193);
  return value >>> 0;
}
