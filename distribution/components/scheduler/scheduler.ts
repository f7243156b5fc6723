import type { Logger } from "@kubets/machinery";
import { type SchedulerSettings, startScheduler } from "../../scheduler-component.ts";
import { type ElectedComponentSettings, startElectedComponent } from "../elected-component.ts";
import type { RunningProgram } from "../program.ts";

export interface SchedulerProgramSettings extends ElectedComponentSettings {
  readonly scheduler: SchedulerSettings;
}

const name = "kube-scheduler";

/** A scheduler as a process of its own. */
export function startSchedulerProgram(settings: SchedulerProgramSettings, logger: Logger): Promise<RunningProgram> {
  return startElectedComponent(
    { name, work: async (cluster, { surroundings }) => startScheduler(cluster.client(name), surroundings, settings.scheduler) },
    settings,
    logger,
  );
}
