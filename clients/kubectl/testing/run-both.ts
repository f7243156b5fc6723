import { execFile } from "node:child_process";
import { accessSync, constants, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { runKubectlInProcess } from "../node/index.ts";

/** What a kubectl said, and how it ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

/** The newest real kubectl of this machine: the one on the PATH, or the newest version beside it. */
export function newestKubectl(): string | undefined {
  const first = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "kubectl"))
    .find(isExecutable);
  if (first === undefined) return undefined;
  const folder = dirname(realpathSync(first));
  const versions = readdirSync(folder)
    .filter((name) => /^kubectl\.1\.\d+$/.test(name))
    .sort((a, b) => Number(a.split(".")[2]) - Number(b.split(".")[2]));
  const newest = versions.at(-1);
  return newest === undefined ? first : join(folder, newest);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function runTheirs(
  kubectl: string,
  args: readonly string[],
  kubeconfig: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const env = { ...more, PATH: process.env["PATH"] ?? "", HOME: dirname(kubeconfig), KUBECONFIG: kubeconfig, TZ: "UTC" };
  return new Promise((resolve) => {
    execFile(kubectl, args, { env, timeout: 60_000 }, (error, output, errors) => {
      resolve({ exitCode: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, output, errors });
    });
  });
}

export async function runOurs(args: readonly string[], kubeconfig: string, more: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  let output = "";
  let errors = "";
  const exitCode = await runKubectlInProcess(args, {
    stdout: {
      write(data, onWritten) {
        output += typeof data === "string" ? data : new TextDecoder().decode(data);
        onWritten?.();
      },
    },
    stderr: { write: (data) => (errors += data) },
    stdin: (async function* () {})(),
    environment: { ...more, KUBECONFIG: kubeconfig, HOME: dirname(kubeconfig) },
    signal: new AbortController().signal,
  });
  return { exitCode, output, errors };
}
