/** The symbols of HPACK's Huffman code (RFC 7541, appendix B) by the length of their codes in bits; 256 ends a text and is never sent. */
const symbolsByLength: Readonly<Record<number, readonly (number | string)[]>> = {
  5: ["012aceiost"],
  6: [" %-./3456789=A_bdfghlmnpru"],
  7: [":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"],
  8: ["&*,;XZ"],
  10: ['!"()?'],
  11: ["'+|"],
  12: ["#>"],
  13: [0, "$@[]~"],
  14: ["^}"],
  15: ["<`{"],
  19: ["\\", 195, 208],
  20: [128, 130, 131, 162, 184, 194, 224, 226],
  21: [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230],
  22: [129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198, 228, 232, 233],
  23: [
    ...[1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180, 182, 183, 188, 191],
    ...[197, 231, 239],
  ],
  24: [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237],
  25: [199, 207, 234, 235],
  26: [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255],
  27: [203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254],
  28: [2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127, 220, 249],
  30: [10, 13, 22, 256],
};

const endOfText = 256;

/**
 * The code as a tree: the children of node `n` are at `2n` (bit 0) and `2n + 1`. A child is another node, or a symbol as `~symbol`. The root is
 * node 0, which is nobody's child, so 0 is a code that isn't used.
 *
 * Codes of one length are numbers that follow one another in the order of their symbols, after those of all shorter ones.
 */
const tree: Int16Array = treeOfCodes();

function treeOfCodes(): Int16Array {
  const children = new Int16Array(2 * 257);
  let nodes = 1;
  let code = 0;
  let before = 0;
  for (const [key, symbols] of Object.entries(symbolsByLength)) {
    const length = Number(key);
    code <<= length - before;
    before = length;
    for (const symbol of symbols.flatMap((each) => (typeof each === "number" ? [each] : Array.from(each, (c) => c.charCodeAt(0))))) {
      let node = 0;
      for (let bit = length - 1; bit > 0; bit--) {
        const at = 2 * node + ((code >> bit) & 1);
        if (children[at] === 0) children[at] = nodes++;
        node = children[at]!;
      }
      children[2 * node + (code & 1)] = ~symbol;
      code++;
    }
  }
  return children;
}

const room = new Uint8Array(256 * 1024);

/** The text that the bytes from `start` to `end` are the code of; `undefined` for what is no code. Each character is one byte. */
export function huffmanText(bytes: Buffer, start: number, end: number): string | undefined {
  // The shortest codes have five bits.
  const text = (end - start) * 1.6 <= room.length ? room : new Uint8Array(Math.ceil((end - start) * 1.6));
  let length = 0;
  let node = 0;
  /** Bits since the last symbol, and whether all of them were ones: what is left at the end must be less than a byte of ones. */
  let bits = 0;
  let areOnes = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    for (let shift = 7; shift >= 0; shift--) {
      const bit = (byte >> shift) & 1;
      const child = tree[2 * node + bit]!;
      if (child > 0) {
        node = child;
        bits++;
        areOnes &&= bit === 1;
        continue;
      }
      if (child === 0 || ~child === endOfText) return undefined;
      text[length++] = ~child;
      node = 0;
      bits = 0;
      areOnes = true;
    }
  }
  if (bits > 7 || !areOnes) return undefined;
  return Buffer.from(text.buffer, 0, length).toString("latin1");
}
