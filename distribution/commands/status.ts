import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultDataDirectory, runningProgram } from "../data-directory.ts";

export interface StatusOptions {
  readonly name: string;
  readonly dataDir?: string;
  readonly output?: string;
}

/** `kubets status`: exit code 0 when the cluster runs, 3 when it doesn't (as service managers have it). */
export function status({ name, dataDir, output }: StatusOptions): void {
  const directory = dataDir ?? defaultDataDirectory(name);
  const program = runningProgram(directory);
  const kubeconfig = join(directory, "kubeconfig");
  const settings = existsSync(join(directory, "cluster.json"))
    ? (JSON.parse(readFileSync(join(directory, "cluster.json"), "utf8")) as { readonly apiPort: number })
    : undefined;
  if (output === "json") {
    console.log(
      JSON.stringify({
        name,
        dataDirectory: directory,
        exists: settings !== undefined,
        running: program !== undefined,
        ...(program === undefined ? {} : { pid: program.pid }),
        ...(settings === undefined ? {} : { server: `https://127.0.0.1:${settings.apiPort}`, kubeconfig }),
      }),
    );
  } else if (settings === undefined) {
    console.log(`There is no cluster "${name}" in ${directory}.`);
  } else if (program === undefined) {
    console.log(`Cluster "${name}" is stopped. Its data is in ${directory}.`);
  } else {
    console.log(`Cluster "${name}" runs as process ${program.pid} at https://127.0.0.1:${settings.apiPort}. Kubeconfig: ${kubeconfig}`);
  }
  process.exitCode = program === undefined ? 3 : 0;
}
