/**
 * An assembler as small as it gets: a program is a list of instructions of fixed size and of labels between them, so every
 * address is known before the first byte is written.
 */
export type Line = Instruction | { readonly label: string };

export interface Instruction {
  readonly size: number;
  /** `distance` answers how far a label is from the beginning of this instruction, in bytes. */
  encode(distance: (label: string) => number): readonly number[];
}

export function label(name: string): Line {
  return { label: name };
}

export function assemble(lines: readonly Line[]): Uint8Array {
  const addresses = new Map<string, number>();
  let size = 0;
  for (const line of lines) {
    if ("label" in line) addresses.set(line.label, size);
    else size += line.size;
  }
  const code: number[] = [];
  for (const line of lines) {
    if ("label" in line) continue;
    const here = code.length;
    code.push(
      ...line.encode((name) => {
        const address = addresses.get(name);
        if (address === undefined) throw new RangeError(`Cannot assemble: there is no label "${name}"`);
        return address - here;
      }),
    );
  }
  return Uint8Array.from(code);
}

/** Bytes as they are. */
export function data(...bytes: readonly number[]): Instruction {
  return { size: bytes.length, encode: () => bytes };
}

/** The `size` lowest bytes of an integer, lowest first. */
export function littleEndian(value: number | bigint, size: number): readonly number[] {
  return Array.from({ length: size }, (_, index) => Number((BigInt(value) >> BigInt(8 * index)) & 0xffn));
}
