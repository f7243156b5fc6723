import type { Random } from "@kubets/machinery";

/** Whole numbers from 0 up, each of which one holder at a time may have. */
export interface NumberPool {
  /** Whether it was free. */
  take(number: number): boolean;
  /** Any that is free, by chance; `undefined` when none is. */
  takeAny(): number | undefined;
  free(number: number): void;
}

export interface NumberRange {
  readonly size: number;
  /** The first numbers are given out by chance only when no other is left: they are for those who choose for themselves. */
  readonly chosen: number;
}

export function createNumberPool(range: NumberRange & { readonly random: Random }): NumberPool {
  const taken = new Set<number>();
  return {
    take(number) {
      if (taken.has(number)) return false;
      taken.add(number);
      return true;
    },
    takeAny() {
      if (taken.size >= range.size) return undefined;
      const number = anyFree(range, range.random, (each) => taken.has(each));
      if (number !== undefined) taken.add(number);
      return number;
    },
    free: (number) => void taken.delete(number),
  };
}

/** A number of the range that isn't taken, by chance; `undefined` when all are. */
export function anyFree({ size, chosen }: NumberRange, random: Random, isTaken: (number: number) => boolean): number | undefined {
  const search = (from: number, to: number): number | undefined => {
    const length = to - from;
    if (length <= 0) return undefined;
    const start = Math.floor(random.fraction() * length);
    for (let step = 0; step < length; step++) {
      const number = from + ((start + step) % length);
      if (!isTaken(number)) return number;
    }
    return undefined;
  };
  return search(chosen, size) ?? search(0, chosen);
}

/** How many of a range are left to those who choose for themselves: a sixteenth, at least 16, at most 256 (upstream's rule). */
export function chosenShare(size: number, { least, most }: { readonly least: number; readonly most: number }): number {
  return size < least ? 0 : Math.min(Math.max(least, Math.floor(size / 16)), most);
}
