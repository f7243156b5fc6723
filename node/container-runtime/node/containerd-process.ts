import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { Clock, Tasks } from "@kubets/machinery";
import { sleep } from "@kubets/machinery";
import type { Snapshotter } from "../containerd/config.ts";
import type { ContainerdPaths, ContainerdSetup } from "./containerd-setup.ts";
import { programPath } from "./machine.ts";
import type { ProcessIdentity } from "./processes.ts";
import { commandLineOf, endProcess, findProcesses, identifyProcess, isRunning } from "./processes.ts";

/** What is written down of a containerd that was started, for the next program to find it. */
interface ContainerdRecord extends Partial<ProcessIdentity> {
  readonly snapshotter: Snapshotter;
}

/** Variables that containerd needs; the rest of our environment is not its business. */
const passedVariables = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "TMPDIR", "LANG"];
const largestLogBytes = 10 * 1024 * 1024;
const stopMilliseconds = 10_000;

/** The snapshotter of an earlier start; `undefined` before the first one. */
export function recordedSnapshotter(paths: ContainerdPaths): Snapshotter | undefined {
  return readRecord(paths)?.snapshotter;
}

/** The containerd of these paths that runs already, whoever started it. */
export function runningContainerd(paths: ContainerdPaths): ProcessIdentity | undefined {
  const record = readRecord(paths);
  if (record?.pid !== undefined && record.started !== undefined) {
    const identity = { pid: record.pid, started: record.started };
    if (isRunning(identity) && isOurs(paths)(commandLineOf(identity.pid))) return identity;
  }
  // It was started, and the one who did so was killed before it could write that down.
  return findProcesses(isOurs(paths))[0];
}

/**
 * Starts containerd so that it outlives this process, and calls `onExit` when it ends as long as this process sees it. The one that
 * runs is adopted, unless it was started with another configuration: then it is ended first, which containers do not feel.
 */
export async function ensureContainerd(
  paths: ContainerdPaths,
  setup: ContainerdSetup,
  { clock, onExit }: { readonly clock: Clock; readonly onExit: () => void },
): Promise<{ readonly identity: ProcessIdentity; readonly isAdopted: boolean }> {
  const running = runningContainerd(paths);
  const isUnchanged = existsSync(paths.configuration) && readFileSync(paths.configuration, "utf8") === setup.configuration;
  if (running !== undefined && isUnchanged) {
    writeRecord(paths, { ...running, snapshotter: setup.snapshotter });
    return { identity: running, isAdopted: true };
  }
  if (running !== undefined) await endContainerd(running, paths, { clock });
  writeAtomically(paths.configuration, setup.configuration);
  rotateLog(paths.log);
  const log = openSync(paths.log, "a", 0o600);
  const child = spawn(setup.binary, ["--config", paths.configuration], {
    cwd: "/",
    detached: true,
    stdio: ["ignore", log, log],
    env: { PATH: programPath(), ...passedEnvironment() },
  });
  closeSync(log);
  child.unref();
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  child.once("exit", onExit);
  const identity = identifyProcess(child.pid!);
  if (identity === undefined) throw new Error(`containerd ended at once: ${logTail(paths)}`);
  writeRecord(paths, { ...identity, snapshotter: setup.snapshotter });
  return { identity, isAdopted: false };
}

/** Containers go on without it. */
export async function endContainerd(
  identity: ProcessIdentity,
  paths: ContainerdPaths,
  { clock }: { readonly clock: Clock },
): Promise<void> {
  await endProcess(identity, { clock, graceMilliseconds: stopMilliseconds });
  rmSync(paths.socket, { force: true });
  rmSync(`${paths.socket}.ttrpc`, { force: true });
}

/** Waits until `isReady`; throws with the end of containerd's log when it ends before, or takes longer than half a minute. */
export async function waitUntilReady(
  identity: ProcessIdentity,
  paths: ContainerdPaths,
  { clock, tasks, isReady }: { readonly clock: Clock; readonly tasks: Tasks; readonly isReady: () => Promise<boolean> },
): Promise<void> {
  const deadline = clock.monotonic() + 30_000;
  await tasks.run("containerd start", async () => {
    for (;;) {
      if (existsSync(paths.socket) && (await isReady())) return;
      if (!isRunning(identity)) throw new Error(`containerd ended before it was ready: ${logTail(paths)}`);
      if (clock.monotonic() > deadline) throw new Error(`containerd was not ready within 30 s: ${logTail(paths)}`);
      await sleep(clock, 15);
    }
  });
}

function isOurs(paths: ContainerdPaths): (commandLine: readonly string[]) => boolean {
  return ([program = "", flag, path]) => /(^|\/)containerd$/.test(program) && flag === "--config" && path === paths.configuration;
}

function passedEnvironment(): Readonly<Record<string, string>> {
  return Object.fromEntries(passedVariables.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

function readRecord(paths: ContainerdPaths): ContainerdRecord | undefined {
  try {
    return JSON.parse(readFileSync(paths.record, "utf8")) as ContainerdRecord;
  } catch {
    // None yet, or a machine lost its power while it was written: what runs is found without it.
    return undefined;
  }
}

function writeRecord(paths: ContainerdPaths, record: ContainerdRecord): void {
  writeAtomically(paths.record, `${JSON.stringify(record)}\n`);
}

function writeAtomically(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function rotateLog(path: string): void {
  if (existsSync(path) && statSync(path).size > largestLogBytes) renameSync(path, `${path}.old`);
}

function logTail(paths: ContainerdPaths): string {
  if (!existsSync(paths.log)) return "it wrote no log";
  return readFileSync(paths.log, "utf8").trim().split("\n").slice(-5).join("\n") || "its log is empty";
}
