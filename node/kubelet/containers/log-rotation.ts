import type { RuntimeService } from "@kubets/container-runtime";
import { type Clock, formatTime } from "@kubets/machinery";
import { containerLogPath, type Layout, podLogDirectory } from "../layout.ts";
import type { PodWorkerState } from "../pod-worker/state.ts";
import type { Files } from "../system.ts";

/** As upstream's defaults: how long a log may grow, and how many files of a container are kept. */
const longestLog = 10 * 1024 * 1024;
const mostFiles = 5;

export interface LogRotationOptions {
  readonly files: Files;
  readonly runtime: Pick<RuntimeService, "reopenContainerLog">;
  readonly clock: Clock;
  readonly layout: Layout;
}

/** Puts logs that have grown too long aside, and has the runtime begin new ones. */
export async function rotateLogs(pods: readonly PodWorkerState[], { files, runtime, clock, layout }: LogRotationOptions): Promise<void> {
  for (const { pod, runs } of pods) {
    for (const [container, run] of Object.entries(runs)) {
      if (run.kind !== "running") continue;
      const directory = `${podLogDirectory(layout, pod)}/${container}`;
      const path = `${podLogDirectory(layout, pod)}/${containerLogPath(container, run.restarts)}`;
      if (((await files.sizeOf(path)) ?? 0) <= longestLog) continue;
      await files.rename(path, `${path}.${formatTime(clock.now()).replaceAll(/[-:TZ]/g, "")}`);
      await runtime.reopenContainerLog(run.id);
      const name = path.slice(path.lastIndexOf("/") + 1);
      const old = (await files.list(directory)).filter((each) => each.startsWith(`${name}.`));
      for (const each of old.slice(0, Math.max(0, old.length - (mostFiles - 1)))) await files.remove(`${directory}/${each}`);
    }
  }
}
