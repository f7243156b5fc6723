/** After so many milliseconds of steps the loop looks at its sockets, before the next steps are taken. */
const longestSteps = 2;
/** How many go on in one turn: enough to share what it costs to bring the code of a step into the processor's caches. */
const mostAbreast = 8;

/**
 * Steps of work that goes abreast, such as writes that came together (`Tasks.breathe`): each of them takes a step right after the others took
 * theirs, and once that has gone on for a while all of them pause for one turn of the event loop, wherever they are.
 */
export function breather({ now = () => performance.now() }: { readonly now?: () => number } = {}): () => Promise<void> {
  const goOn = Promise.resolve();
  const paused: (() => void)[] = [];
  let began: number | undefined;

  const turn = (): void => {
    if (paused.length === 0) return void (began = undefined);
    began = now();
    setImmediate(turn);
    for (const resume of paused.splice(0, mostAbreast)) resume();
  };

  return () => {
    if (began === undefined) {
      began = now();
      setImmediate(turn);
    } else if (paused.length > 0 || now() - began >= longestSteps) {
      return new Promise((resolve) => paused.push(resolve));
    }
    return goOn;
  };
}
