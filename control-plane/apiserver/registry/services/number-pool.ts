import type { Random } from "@kubets/machinery";

/** Whole numbers from 0 up, each of which one holder at a time may have. */
export interface NumberPool {
  /** Whether it was free. */
  take(number: number): boolean;
  /** Any that is free, by chance; `undefined` when none is. */
  takeAny(): number | undefined;
  free(number: number): void;
}

export interface NumberPoolOptions {
  readonly size: number;
  /** The first numbers are given out by chance only when no other is left: they are for those who choose for themselves. */
  readonly chosen: number;
  readonly random: Random;
}

export function createNumberPool({ size, chosen, random }: NumberPoolOptions): NumberPool {
  const taken = new Set<number>();
  const search = (from: number, to: number): number | undefined => {
    const length = to - from;
    if (length <= 0) return undefined;
    const start = Math.floor(random.fraction() * length);
    for (let step = 0; step < length; step++) {
      const number = from + ((start + step) % length);
      if (!taken.has(number)) return number;
    }
    return undefined;
  };
  return {
    take(number) {
      if (taken.has(number)) return false;
      taken.add(number);
      return true;
    },
    takeAny() {
      if (taken.size >= size) return undefined;
      const number = search(chosen, size) ?? search(0, chosen);
      if (number !== undefined) taken.add(number);
      return number;
    },
    free: (number) => void taken.delete(number),
  };
}

/** How many of a range are left to those who choose for themselves: a sixteenth, at least 16, at most 256 (upstream's rule). */
export function chosenShare(size: number, { least, most }: { readonly least: number; readonly most: number }): number {
  return size < least ? 0 : Math.min(Math.max(least, Math.floor(size / 16)), most);
}
