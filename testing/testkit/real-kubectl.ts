import { execFile } from "node:child_process";
import { accessSync, constants, realpathSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/**
 * Every real kubectl of this machine: the one on the PATH, or, where that one is a dispatcher, the versions that lie beside it
 * (`kubectl.1.27`, `kubectl.1.33`, …). Empty when there is none.
 */
export function realKubectls(): readonly string[] {
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "kubectl"));
  const first = onPath.find(isExecutable);
  if (first === undefined) return [];
  const folder = dirname(realpathSync(first));
  const versions = readdirSync(folder)
    .filter((name) => /^kubectl\.1\.\d+$/.test(name))
    .sort((a, b) => Number(a.split(".")[2]) - Number(b.split(".")[2]));
  return versions.length > 0 ? versions.map((name) => join(folder, name)) : [first];
}

/** For a real kubectl's environment: who lives for moments needs no garbage collector, which takes a quarter of its time. */
export const shortLived = { GOGC: "off" } as const;

/** Runs a kubectl against a kubeconfig; answers its standard output. Rejects with both outputs when it fails. */
export function run(kubectl: string, args: readonly string[], kubeconfig: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const environment = { PATH: process.env.PATH ?? "", HOME: dirname(kubeconfig), KUBECONFIG: kubeconfig, ...shortLived };
    execFile(kubectl, args, { env: environment, timeout: 90_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`kubectl ${args.join(" ")} failed: ${stderr}${stdout}`, { cause: error }));
    });
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
