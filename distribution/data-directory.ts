import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { CommandError } from "./command-error.ts";

/** Of the whole directory, not of the store's file, which has one of its own. Counts up when what lies where changes. */
const formatVersion = 1;

const leastFreeMebibytes = 16;

/** What a cluster wrote down at its first start, and keeps. */
export interface ClusterSettings {
  readonly name: string;
  readonly apiPort: number;
  readonly podRange: string;
  readonly serviceRange: string;
}

/** A running program, as others find it. */
export interface RunningProgram {
  readonly pid: number;
  /** In clock ticks since boot: a pid alone may have been given to another process since. */
  readonly started: string;
}

/** Where a cluster keeps everything: objects, certificates, kubeconfig, containers. Locked while a program uses it. */
export interface DataDirectory extends Disposable {
  readonly path: string;
  readonly settings: ClusterSettings;
  /** True when this is the first start. */
  readonly isNew: boolean;
}

/** `/var/lib/kubets/NAME` for root, else `$XDG_DATA_HOME/kubets/NAME`. */
export function defaultDataDirectory(name: string, environment: NodeJS.ProcessEnv = process.env): string {
  if (process.getuid?.() === 0) return join("/var/lib/kubets", name);
  return join(environment.XDG_DATA_HOME ?? join(homedir(), ".local/share"), "kubets", name);
}

/**
 * Opens a data directory for this process alone. `first` says what a new cluster is to write down; an existing one keeps its own.
 * Throws a `CommandError` in one sentence when another program has it, it is of a newer format, or it can't be read or written.
 */
export function openDataDirectory(path: string, first: () => ClusterSettings): DataDirectory {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new CommandError(`Cannot use the data directory ${path}: ${reasonOf(error)}; name another with --data-dir`);
  }
  refuseFullDisk(path);
  const lock = takeLock(path);
  try {
    const file = join(path, "cluster.json");
    const known = readSettings(file);
    const settings = known ?? first();
    if (known === undefined) writeAtomically(file, `${JSON.stringify({ formatVersion, ...settings }, undefined, 2)}\n`);
    return { path, settings, isNew: known === undefined, [Symbol.dispose]: lock[Symbol.dispose] };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** The program that uses the directory now, if it is alive. */
export function runningProgram(path: string): RunningProgram | undefined {
  try {
    const program = JSON.parse(readFileSync(join(path, "running.json"), "utf8")) as RunningProgram;
    return isRunning(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it is that very process which still runs. */
export function isRunning({ pid, started }: RunningProgram): boolean {
  return startOf(pid) === started;
}

/** Writes what isn't there yet: an unchanged file costs no sync. */
export function writeIfChanged(path: string, content: string): void {
  if (contentOf(path) !== content) writeAtomically(path, content);
}

/** The text of a file, or `undefined` when it can't be read. */
export function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Replaces a file in one step: a reader, or a start after a crash, sees the old or the new content. */
export function writeAtomically(path: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = `${path}.${randomBytes(4).toString("hex")}`;
  writeFileSync(temporary, content, { mode, flush: true });
  renameSync(temporary, path);
}

/** A cluster that can't write what it begins with would neither start nor end. */
function refuseFullDisk(path: string): void {
  const { bavail, bsize } = statfsSync(path);
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  if (free >= leastFreeMebibytes) return;
  throw new CommandError(
    `The disk of the data directory ${path} is full (${free} MiB are free, a start needs ${leastFreeMebibytes}); make room, or name another directory with --data-dir`,
  );
}

function takeLock(path: string): Disposable {
  const file = join(path, "running.json");
  const own = join(path, `running.${process.pid}`);
  try {
    writeFileSync(own, JSON.stringify({ pid: process.pid, started: startOf(process.pid) ?? "" }), { mode: 0o600 });
  } catch (error) {
    throw new CommandError(`Cannot write to the data directory ${path}: ${reasonOf(error)}`);
  }
  try {
    for (;;) {
      try {
        // Making a second name for a complete file is atomic, and fails when the name is taken.
        linkSync(own, file);
        break;
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
        const other = runningProgram(path);
        if (other !== undefined) {
          throw new CommandError(
            `The data directory ${path} is in use by process ${other.pid}; stop it with "kubets down", or name another with --name`,
          );
        }
        rmSync(file, { force: true });
      }
    }
  } finally {
    rmSync(own, { force: true });
  }
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
}

function readSettings(file: string): ClusterSettings | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new CommandError(`Cannot read ${file}: ${reasonOf(error)}`);
  }
  const settings = parseSettings(text);
  if (settings === undefined) {
    throw new CommandError(
      `${file} is damaged (not the JSON that was written); restore it from a copy, or begin anew with: kubets down --purge`,
    );
  }
  if (settings.formatVersion > formatVersion) {
    throw new CommandError(
      `${file} was written by a newer kubets (format ${settings.formatVersion}, this one knows ${formatVersion}); use that version, or name another directory with --data-dir`,
    );
  }
  return settings;
}

/** A newer format may have other fields; it is for the reader to refuse. */
function parseSettings(text: string): (ClusterSettings & { readonly formatVersion: number }) | undefined {
  try {
    const settings = JSON.parse(text) as Partial<ClusterSettings & { readonly formatVersion: number }> | null;
    const { formatVersion: format, name, apiPort, podRange, serviceRange } = settings ?? {};
    if (typeof format !== "number") return undefined;
    const isComplete = [name, podRange, serviceRange].every((each) => typeof each === "string") && typeof apiPort === "number";
    return format > formatVersion || isComplete ? (settings as ClusterSettings & { readonly formatVersion: number }) : undefined;
  } catch {
    return undefined;
  }
}

/** When a process started (field 22 of /proc/PID/stat), or `undefined` when there is none. Elsewhere than on Linux: alive or not. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the command in parentheses and may hold anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // One that has ended and waits for its parent to notice runs no more.
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    if (process.platform === "linux") return undefined;
    try {
      process.kill(pid, 0);
      return "";
    } catch {
      return undefined;
    }
  }
}

/** Whether anything is at the path; errors other than absence count as present. */
export function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
