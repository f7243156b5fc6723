import { homedir } from "node:os";
import { createTasks } from "@kubets/machinery";
import { createSystemClock, createSystemRandom, turn } from "@kubets/machinery/node";
import type { Io } from "../command-line/command.ts";
import type { FlagValues } from "../command-line/flags.ts";
import { runKubectl } from "../main.ts";
import { compareFolders } from "./compare.ts";
import { editText } from "./edit.ts";
import { machineIo } from "./files.ts";
import { terminalOf } from "./terminal.ts";

/** What of its process a kubectl is given. */
export interface ProcessStreams {
  readonly stdout: { write(data: string | Uint8Array, onWritten?: () => void): unknown };
  readonly stderr: { write(data: string): unknown };
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Runs kubectl over real files, sockets and time; answers the exit code. */
export function runKubectlInProcess(
  argv: readonly string[],
  { stdout, stderr, stdin, environment, signal }: ProcessStreams,
): Promise<number> {
  const clock = createSystemClock();
  const tasks = createTasks({ turn });
  const terminal = terminalOf(stdin, stdout);
  const io: Io = {
    ...machineIo,
    out: (text) => void stdout.write(text),
    outBytes: (bytes) => new Promise((resolve) => void stdout.write(bytes, resolve)),
    error: (text) => void stderr.write(text),
    compare: (files) => compareFolders(files, environment),
    edit: (text, extension) => editText(text, { extension, environment }),
    input: stdin,
    ...(terminal === undefined ? {} : { terminal }),
  };
  // Imported late: commands that speak to no server need no network stack.
  const files = async (flags: FlagValues): Promise<readonly string[]> => {
    const { kubeconfigFiles } = await import("@kubets/client/node");
    const explicit = flags.text("kubeconfig");
    return kubeconfigFiles({ ...(explicit === undefined ? {} : { explicit }), environment, home: environment["HOME"] ?? homedir() });
  };
  return runKubectl(argv, {
    io,
    clock,
    random: createSystemRandom(),
    signal,
    kubeconfigFiles: files,
    connect: async (flags) => {
      const { connectByKubeconfig } = await import("./connect.ts");
      return connectByKubeconfig(flags, {
        files: await files(flags),
        clock,
        tasks,
        signal,
        environment,
        warn: (text) => stderr.write(`Warning: ${text}\n`),
      });
    },
  });
}
