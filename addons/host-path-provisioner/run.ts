import { type Client, type Informers, runControllers, type RunningControllers } from "@kubets/client";
import { type Clock, type Logger, type Metrics, type Random, serviceAccountUser, type Tasks, type UserInfo } from "@kubets/machinery";
import { hostPathProvisioner, type ProvisionerOptions } from "./provisioner.ts";

/** As whom the provisioner works; its role is among the default ones. */
export const provisionerUser: UserInfo = serviceAccountUser({ namespace: "kube-system", name: "host-path-provisioner" });

export interface RunProvisionerOptions extends ProvisionerOptions {
  /** As {@link provisionerUser}. */
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Runs the provisioner for the nodes that it serves. */
export function runHostPathProvisioner({ serves, directories, ...options }: RunProvisionerOptions): RunningControllers {
  return runControllers({ ...options, controllers: [hostPathProvisioner({ serves, directories })], fieldManager: "kubets" });
}
