import type { Clock, Instant, Timer } from "../clock.ts";

/** The longest wait of a timer of Node's; longer ones fire at once instead. */
const longestWait = 2 ** 31 - 1;

/**
 * The clock of this machine. Its timers may be as long as one likes, and keep the process alive until they fire or are disposed of:
 * what forgets a timer shows.
 */
export function createSystemClock(): Clock {
  return {
    now: () => Date.now() as Instant,
    monotonic: () => performance.now(),
    after: startTimer,
  };
}

function startTimer(milliseconds: number, fire: () => void): Timer {
  // NaN counts as no time at all.
  const wait = milliseconds > 0 ? milliseconds : 0;
  const end = performance.now() + wait;
  let running: NodeJS.Timeout | undefined;
  const step = (): void => {
    const left = end - performance.now();
    // Node may call a fraction of a millisecond early.
    if (left < 1) fire();
    else running = setTimeout(step, Math.min(left, longestWait));
  };
  running = setTimeout(step, Math.min(wait, longestWait));
  return {
    due: (Date.now() + wait) as Instant,
    [Symbol.dispose]() {
      clearTimeout(running);
    },
  };
}

/** Resolves after one turn of the macrotask queue: everything that was ready has run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
