import { on } from "node:events";
import type { ReadStream, WriteStream } from "node:tty";
import type { Terminal } from "../command-line/command.ts";

/** The terminal that is both input and output of a process; `undefined` when one of them is something else. */
export function terminalOf(input: object, output: object): Terminal | undefined {
  if (!isTerminal(input) || !isTerminal(output)) return undefined;
  const keyboard = input as ReadStream;
  const screen = output as WriteStream;
  return {
    raw() {
      keyboard.setRawMode(true);
      return { [Symbol.dispose]: () => void keyboard.setRawMode(false) };
    },
    async *sizes(signal) {
      const size = (): { readonly rows: number; readonly columns: number } => ({ rows: screen.rows, columns: screen.columns });
      yield size();
      for await (const _ of on(screen, "resize", { signal })) yield size();
    },
  };
}

function isTerminal(stream: object): boolean {
  return "isTTY" in stream && stream.isTTY === true;
}
