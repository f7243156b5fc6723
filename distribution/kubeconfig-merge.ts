import { createHash } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { dump, load } from "js-yaml";
import { CommandError } from "./command-error.ts";
import { contentOf, reasonOf, writeAtomically } from "./data-directory.ts";

interface Named {
  readonly name: string;
}
interface Kubeconfig {
  readonly clusters?: readonly Named[] | null;
  readonly users?: readonly Named[] | null;
  readonly contexts?: readonly (Named & { readonly context: Readonly<Record<string, unknown>> })[] | null;
  readonly "current-context"?: string;
}

/** `kubets` for the cluster of the default name, else `kubets-NAME`: how a cluster is called in a kubeconfig. */
export function contextName(cluster: string): string {
  return cluster === "default" ? "kubets" : `kubets-${cluster}`;
}

/** The file that kubectl would write to: the first of `$KUBECONFIG`, else `~/.kube/config` (of the user behind sudo). */
export function userKubeconfig(environment: NodeJS.ProcessEnv = process.env): string {
  const first = environment.KUBECONFIG?.split(delimiter).find((path) => path !== "");
  return first ?? join(sudoHome(environment) ?? homedir(), ".kube/config");
}

export interface MergeOptions {
  readonly keepContext?: boolean;
  /** A file of the caller's, where it is written down what was merged: to merge the same again then costs nothing. */
  readonly merged?: string;
}

/** Adds the cluster, user and context of `added` to the file at `path`, replacing those of the same name; all else stays. */
export function mergeKubeconfig(path: string, added: string, { keepContext = false, merged }: MergeOptions = {}): void {
  const state = (content: string): string => fingerprint(path, added, keepContext ? "keep" : "switch", content);
  if (merged !== undefined && contentOf(merged) === state(contentOf(path) ?? "")) return;
  makeFolder(path);
  using _lock = lockFile(path);
  const mine = load(added) as Kubeconfig;
  const theirs = readKubeconfig(path);
  const written = write(path, {
    apiVersion: "v1",
    kind: "Config",
    ...theirs,
    clusters: joined(theirs.clusters, mine.clusters),
    users: joined(theirs.users, mine.users),
    contexts: joined(theirs.contexts, mine.contexts),
    "current-context": keepContext && theirs["current-context"] ? theirs["current-context"] : mine["current-context"],
  });
  if (merged !== undefined) writeFileSync(merged, state(written), { mode: 0o600 });
}

function fingerprint(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex");
}

/** Takes a cluster's entries out of the file again; a file that isn't there, or doesn't name it, is left alone. */
export function removeFromKubeconfig(path: string, context: string): void {
  if (!existsSync(path)) return;
  using _lock = lockFile(path);
  const config = readKubeconfig(path);
  if (!config.contexts?.some(({ name }) => name === context)) return;
  const others = <T extends Named>(entries: readonly T[] | null | undefined): readonly T[] =>
    (entries ?? []).filter(({ name }) => name !== context);
  write(path, {
    ...config,
    clusters: others(config.clusters),
    users: others(config.users),
    contexts: others(config.contexts),
    "current-context": config["current-context"] === context ? "" : (config["current-context"] ?? ""),
  });
}

/**
 * Keeps other programs from changing the file between our reading and writing it: by a file beside it, as kubectl does. A lock that is
 * older than a few seconds was left by a program that is no more.
 */
function lockFile(path: string): Disposable {
  const lock = `${path}.lock`;
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(lock, "", { flag: "wx" });
      return { [Symbol.dispose]: () => rmSync(lock, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw unwritable(path, error);
      if (attempt === 300) rmSync(lock, { force: true });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function joined<T extends Named>(theirs: readonly T[] | null | undefined, mine: readonly T[] | null | undefined): readonly T[] {
  const names = new Set((mine ?? []).map(({ name }) => name));
  return [...(theirs ?? []).filter(({ name }) => !names.has(name)), ...(mine ?? [])];
}

function readKubeconfig(path: string): Kubeconfig {
  if (!existsSync(path)) return {};
  try {
    return (load(readFileSync(path, "utf8")) ?? {}) as Kubeconfig;
  } catch (error) {
    throw new CommandError(`Cannot add the cluster to ${path}: ${reasonOf(error)}; name another file with --kubeconfig`);
  }
}

function write(path: string, config: object): string {
  const text = dump(config, { noRefs: true, lineWidth: -1 });
  try {
    writeAtomically(path, text);
  } catch (error) {
    throw unwritable(path, error);
  }
  giveToSudoUser(path);
  return text;
}

function makeFolder(path: string): void {
  try {
    if (mkdirSync(dirname(path), { recursive: true, mode: 0o700 }) !== undefined) giveToSudoUser(dirname(path));
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, cause: unknown): CommandError {
  return new CommandError(`Cannot write the kubeconfig ${path}: ${reasonOf(cause)}; name another file with --kubeconfig`, { cause });
}

/** Under sudo a file belongs to the person, not to root. */
function giveToSudoUser(path: string): void {
  const owner = sudoOwner();
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
}

function sudoHome(environment: NodeJS.ProcessEnv): string | undefined {
  if (process.getuid?.() !== 0 || environment.SUDO_USER === undefined) return undefined;
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${environment.SUDO_USER}:`));
  return line?.split(":")[5];
}

function sudoOwner(environment: NodeJS.ProcessEnv = process.env): { readonly uid: number; readonly gid: number } | undefined {
  const home = sudoHome(environment);
  if (home === undefined) return undefined;
  const { uid, gid } = statSync(home);
  return { uid, gid };
}
