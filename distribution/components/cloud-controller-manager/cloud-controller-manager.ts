import type { Logger } from "@kubets/machinery";
import { startLocalCloud } from "../../cloud-component.ts";
import { type ElectedComponentSettings, startElectedComponent } from "../elected-component.ts";
import type { RunningProgram } from "../program.ts";

export interface CloudControllerManagerSettings extends ElectedComponentSettings {
  /** From which Services of type LoadBalancer get their addresses. */
  readonly range: string;
  /** Each controller works as itself; else all work as the manager does. */
  readonly asThemselves: boolean;
}

const name = "cloud-controller-manager";

/** The local cloud's controllers as a process of their own. */
export function startCloudControllerManager(settings: CloudControllerManagerSettings, logger: Logger): Promise<RunningProgram> {
  const { range, asThemselves } = settings;
  return startElectedComponent(
    {
      name,
      work: async (cluster, { surroundings }) =>
        startLocalCloud({ ...surroundings, range, clientFor: (user) => cluster.clientOf(user, name, { asThemselves }) }),
    },
    settings,
    logger,
  );
}
