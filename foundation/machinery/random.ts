/** The only source of chance (law 2). Seeded in tests, the system's in a running cluster. */
export interface Random {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
  /** A number in [0, 1). */
  fraction(): number;
}

/** A source of chance whose place in its sequence can be kept: another one goes on from there. */
export interface SeededRandom extends Random {
  state(): RandomState;
}

/** Where a {@link SeededRandom} is in its sequence: four words of 32 bits. */
export type RandomState = readonly [number, number, number, number];

/** A version 4 UUID, as Kubernetes gives every object. */
export function uuid(random: Random): string {
  return written(random.bytes(16), 0);
}

/** As many of them as {@link uuid} would give, one after the other. */
export function uuids(random: Random, count: number): readonly string[] {
  const bytes = random.bytes(16 * count);
  return Array.from({ length: count }, (_, index) => written(bytes, 16 * index));
}

function written(bytes: Uint8Array, from: number): string {
  let at = 0;
  for (let index = 0; index < 16; index++) {
    let byte = bytes[from + index]!;
    if (index === 6) byte = (byte & 0x0f) | 0x40;
    else if (index === 8) byte = (byte & 0x3f) | 0x80;
    if (index === 4 || index === 6 || index === 8 || index === 10) at++;
    letters[at++] = digits.charCodeAt(byte >> 4);
    letters[at++] = digits.charCodeAt(byte & 0x0f);
  }
  return String.fromCharCode(...letters);
}

const digits = "0123456789abcdef";
// Of the one that is being written: put together from pieces, it would be as many strings.
const letters: number[] = Array.from({ length: 36 }, () => "-".charCodeAt(0));

// Without vowels and look-alikes, so that a generated name spells nothing: the alphabet of upstream's generated names.
const nameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/** The random end of a generated name (`generateName`, Pods of a ReplicaSet): `length` letters and digits. */
export function nameSuffix(random: Random, length = 5): string {
  let text = "";
  for (const byte of random.bytes(length)) text += nameAlphabet[byte % nameAlphabet.length];
  return text;
}

/** A reproducible source of chance (xoshiro128**); the same seed gives the same sequence on every machine. */
export function seededRandom(seed: number | RandomState): SeededRandom {
  let [a, b, c, d] = typeof seed === "number" ? spreadSeed(seed) : seed;
  const next = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
  return {
    bytes(length) {
      const bytes = new Uint8Array(length);
      for (let index = 0; index < length; index++) bytes[index] = next() >>> 24;
      return bytes;
    },
    fraction: () => next() / 2 ** 32,
    state: () => [a, b, c, d],
  };
}

function spreadSeed(seed: number): RandomState {
  let state = seed >>> 0;
  // splitmix32 spreads a small seed over the whole state; an all-zero state would never leave zero.
  const spread = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return [spread(), spread(), spread(), spread()];
}

function rotateLeft(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
