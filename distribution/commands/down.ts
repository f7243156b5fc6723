import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { CommandError } from "../command-error.ts";
import { defaultDataDirectory, exists, isRunning, runningProgram } from "../data-directory.ts";
import { releaseRanges } from "../free-ranges.ts";
import { contextName, removeFromKubeconfig, userKubeconfig } from "../kubeconfig-merge.ts";

export interface DownOptions {
  readonly name: string;
  readonly dataDir?: string;
  readonly purge?: boolean;
  readonly kubeconfig?: string;
}

/** Pods get 30 s to stop; what is longer than this is said, not waited for. */
const patienceMilliseconds = 45_000;

/** `kubets down`: stops the program that runs the cluster, and waits for its end. */
export async function down({ name, dataDir, purge = false, kubeconfig }: DownOptions): Promise<void> {
  const directory = dataDir ?? defaultDataDirectory(name);
  const program = runningProgram(directory);
  if (program === undefined && !exists(directory)) throw new CommandError(`There is no cluster "${name}" in ${directory}`);
  if (program !== undefined) {
    process.kill(program.pid, "SIGTERM");
    const end = performance.now() + patienceMilliseconds;
    while (isRunning(program)) {
      if (performance.now() > end) {
        throw new CommandError(
          `Process ${program.pid} of cluster "${name}" has not ended within ${patienceMilliseconds / 1000} s; kill it with: kill -9 ${program.pid}`,
        );
      }
      await wait(50);
    }
    console.log(`Cluster "${name}" has stopped.`);
  } else if (!purge) console.log(`Cluster "${name}" was not running.`);
  if (!purge) return;
  // Imported only here: most clusters that are purged have no node, and none of its code is needed to stop one.
  if (exists(join(directory, "node")))
    await (await import("../purge-node.ts")).purgeNode({ cluster: name, directory: join(directory, "node") });
  rmSync(directory, { recursive: true, force: true });
  releaseRanges(directory);
  removeFromKubeconfig(kubeconfig ?? userKubeconfig(), contextName(name));
  console.log(`Its data in ${directory} is removed.`);
}
