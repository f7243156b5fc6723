import { type ChildProcess, execFile, spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

/** A program on a terminal of its own, as a person has it before them. */
export interface Terminal extends AsyncDisposable {
  type(text: string): void;
  /** Waits until the program has shown this since the last time that something was waited for. Rejects after 20 s. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  /** As when its window is dragged. */
  resize(rows: number, columns: number): Promise<void>;
  /** Resolves with the exit code when the program has ended. */
  readonly ended: Promise<number | null>;
}

const run = promisify(execFile);

/** Starts a program under `script`, which gives it a terminal and passes its exit code on. */
export function onTerminal(
  words: readonly string[],
  {
    rows,
    columns,
    environment,
  }: { readonly rows: number; readonly columns: number; readonly environment: Readonly<Record<string, string>> },
): Terminal {
  const command = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
  // The name of the terminal first, by which its size is changed later.
  const child: ChildProcess = spawn(
    "script",
    ["--quiet", "--return", "--command", `tty; stty rows ${rows} cols ${columns}; exec ${command}`, "/dev/null"],
    { env: { ...environment, SHELL: "/bin/sh", TERM: "xterm" }, stdio: ["pipe", "pipe", "inherit"] },
  );
  let shown = "";
  let changed = Promise.withResolvers<void>();
  const wake = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    wake();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  void ended.then(wake);
  const shows: Terminal["shows"] = async (pattern) => {
    const late = AbortSignal.timeout(20_000);
    for (;;) {
      const found = pattern.exec(shown);
      if (found !== null) {
        shown = shown.slice(found.index + found[0].length);
        return found;
      }
      if (late.aborted || child.exitCode !== null) throw new Error(`${String(pattern)} did not show up: ${JSON.stringify(shown)}`);
      await Promise.race([changed.promise, wait(20_000, undefined, { signal: late }).catch(() => undefined)]);
    }
  };
  const name = shows(/(\/dev\/\S+)\r?\n/);
  name.catch(() => undefined);
  return {
    ended,
    shows,
    type: (text) => void child.stdin!.write(text),
    async resize(nextRows, nextColumns) {
      const [, device = ""] = await name;
      await run("stty", ["-F", device, "rows", `${nextRows}`, "cols", `${nextColumns}`]);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
