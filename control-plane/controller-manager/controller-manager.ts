import { type AnyController, type Client, type Informers, runControllers, type RunningControllers } from "@kubets/client";
import type { Clock, Logger, Metrics, Random, Tasks, UserInfo } from "@kubets/machinery";

export interface ControllerManagerOptions {
  readonly controllers: readonly AnyController[];
  /** A client as one of the controllers' service accounts. */
  readonly clientFor: (user: UserInfo) => Client;
  /** Shared by all controllers. */
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Runs controllers, each as a service account of its own: what one may write, another may not. */
export function runControllerManager({ controllers, clientFor, ...options }: ControllerManagerOptions): RunningControllers {
  const running = controllers.map((controller) =>
    runControllers({ ...options, controllers: [controller], client: clientFor(userOf(controller.name)) }),
  );
  const stop = async (): Promise<void> => void (await Promise.all(running.map((each) => each.stop())));
  return {
    synced: async (signal) => void (await Promise.all(running.map((each) => each.synced(signal)))),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const namespace = "kube-system";

/** Upstream's names of the controllers' service accounts, which the default roles are bound to. */
const serviceAccounts: Readonly<Record<string, string>> = {
  deployment: "deployment-controller",
  endpoints: "endpoint-controller",
  endpointslice: "endpointslice-controller",
  "generic-garbage-collector": "generic-garbage-collector",
  namespace: "namespace-controller",
  "node-lifecycle": "node-controller",
  replicaset: "replicaset-controller",
  "root-ca-publisher": "root-ca-cert-publisher",
  serviceaccount: "service-account-controller",
  "taint-eviction-controller": "node-controller",
};

/** The identity of a controller. Throws for one that has none: it must be named here, and have a role. */
export function userOf(controller: string): UserInfo {
  const serviceAccount = serviceAccounts[controller];
  if (serviceAccount === undefined) throw new Error(`The controller ${controller} has no service account in controller-manager.ts`);
  return {
    name: `system:serviceaccount:${namespace}:${serviceAccount}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
  };
}
