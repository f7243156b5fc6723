/**
 * Long work in steps, between which others may have their turn. What is yielded says how much was done since the last time, in
 * small pieces of work such as looking at one schema.
 */
export type Steps<T> = Generator<number, T, void>;

/** So many pieces of work are done at a time: a few milliseconds. They are counted, not timed, so that a run is the same every time. */
const piecesAtOnce = 200;

/** What a step yields that takes milliseconds by itself. */
export const longStep: number = piecesAtOnce;

/** Does the work a few milliseconds at a time. `turn` resolves when everybody else had their turn. */
export async function finishInTurns<T>(steps: Steps<T>, turn: () => Promise<void>): Promise<T> {
  for (let pieces = 0; ;) {
    const next = steps.next();
    if (next.done === true) return next.value;
    pieces += next.value;
    if (pieces < piecesAtOnce) continue;
    pieces = 0;
    await turn();
  }
}

/** Does the work in one go. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
}
