import type { Logger } from "@kubets/machinery";
import { kubernetesVersion } from "../version.ts";
import { type FlagReader, flagReader } from "./flag-reader.ts";
import { type Flag, FlagError, helpOf, isOn, lastOf, parseFlags } from "./flags.ts";

/** One component as a program of its own, with the name and the flags that it has upstream. */
export interface Program<Settings> {
  /** Such as `kube-scheduler`. */
  readonly name: string;
  /** A sentence, for `--help`. */
  readonly summary: string;
  readonly flags: readonly Flag[];
  /** What the flags ask for. Throws a {@link FlagError} for what can't be done. */
  readonly read: (given: FlagReader) => Settings | Promise<Settings>;
  readonly start: (settings: Settings, logger: Logger) => Promise<RunningProgram>;
}

/** Disposing ends it in peace: what it holds is given back. */
export interface RunningProgram extends AsyncDisposable {
  /** Resolves, with the reason, when it has to end by itself. A program that goes on until it is told to end has none. */
  readonly over?: Promise<string>;
  /** It was asked for one thing, which is done: nothing goes on. */
  readonly isDone?: true;
}

/** What every program has. */
export const programFlags: readonly Flag[] = [
  { name: "v", type: "int", doc: "how much is said: 4 and more for everything", letter: "v" },
  { name: "help", type: "switch", doc: "this list", letter: "h" },
  { name: "version", type: "switch", doc: "the version" },
];

/**
 * Runs a program with its arguments until SIGINT or SIGTERM tells it to end; a second one ends it at once. Resolves with the exit code: 0
 * when it was told to end, 1 when it could not begin or not go on, which is said in a sentence on standard error.
 */
export async function runProgram<Settings>(program: Program<Settings>, args: readonly string[]): Promise<number> {
  const flags = [...program.flags, ...programFlags];
  let settings: Settings;
  let level: "debug" | "info";
  const unheeded: string[] = [];
  try {
    const { values, rest } = parseFlags(args, flags);
    if (isOn(values, "help", false)) return say(`${usageOf(program)}\n${helpOf(flags)}\n`);
    if (isOn(values, "version", false)) return say(`Kubernetes ${kubernetesVersion("").gitVersion}\n`);
    if (rest.length > 0) throw new FlagError(`"${program.name}" does not take any arguments, got ${JSON.stringify(rest)}`);
    settings = await program.read(flagReader(values));
    level = Number(lastOf(values, "v") ?? 0) >= 4 ? "debug" : "info";
    for (const { name, withoutEffect } of flags) if (withoutEffect !== undefined && values.has(name)) unheeded.push(name);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    return fail(error);
  }
  const asked = Promise.withResolvers<undefined>();
  let signals = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      if (++signals > 1) process.exit(1);
      asked.resolve(undefined);
    });
  try {
    const { createLogger } = await import("../pino-logger.ts");
    const logger = createLogger({ level });
    if (unheeded.length > 0) logger.info("Flags without effect here; --help says why", { flags: unheeded });
    const starting = program.start(settings, logger);
    // Told to end before it has begun, as while it waits for its API server: it holds nothing yet that anybody waits for.
    if ((await Promise.race([starting, asked.promise])) === undefined) return 0;
    await using running = await starting;
    if (running.isDone === true) return 0;
    const over = await Promise.race([asked.promise, ...(running.over === undefined ? [] : [running.over])]);
    return over === undefined ? 0 : fail(new Error(over));
  } catch (error) {
    return fail(error);
  }
}

function usageOf({ name, summary }: Pick<Program<unknown>, "name" | "summary">): string {
  return `${summary}\n\nUsage:\n  ${name} [flags]\n\nFlags:`;
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

function fail(error: unknown): number {
  process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}
