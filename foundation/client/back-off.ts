import { type Random, StatusError } from "@kubets/machinery";

/** How long to wait before the next try, longer after every failure. */
export interface BackOff {
  /** Counts one more failure; how many milliseconds to wait, but no less than the server asked for in `error`. */
  next(error?: unknown): number;
  /** It worked: the next failure is a first one again. */
  reset(): void;
  readonly failures: number;
}

/**
 * Doubles from `first` up to half of `longest`, then adds a random part of as much again: between `first` and `longest`
 * milliseconds, and never in step with others that failed at the same moment.
 */
export function createBackOff({
  first,
  longest,
  random,
}: {
  readonly first: number;
  readonly longest: number;
  readonly random: Random;
}): BackOff {
  let failures = 0;
  return {
    next(error) {
      const base = Math.min(first * 2 ** failures++, longest / 2);
      return Math.max(base * (1 + random.fraction()), askedFor(error));
    },
    reset() {
      failures = 0;
    },
    get failures() {
      return failures;
    },
  };
}

/** How many milliseconds the server asked to be left alone for. */
export function askedFor(error: unknown): number {
  return error instanceof StatusError ? (error.details?.retryAfterSeconds ?? 0) * 1000 : 0;
}
