import { type AnyController, type Client, type Informers, runControllers, type RunningControllers } from "@kubets/client";
import type { Clock, Logger, Metrics, Random, Tasks, UserInfo } from "@kubets/machinery";
import { cloudNodeController } from "./cloud-node/index.ts";
import { cloudNodeLifecycleController } from "./cloud-node-lifecycle/index.ts";
import type { CloudProvider } from "./provider.ts";
import { routeController } from "./route/index.ts";
import { serviceController } from "./service/index.ts";

export interface CloudControllerManagerOptions {
  readonly provider: CloudProvider;
  /** A client as one of the loops' service accounts. */
  readonly clientFor: (user: UserInfo) => Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The loops that a provider has something for. A new one is a folder, a test and a line here. */
export function cloudControllers({ loadBalancers, instances, routes }: CloudProvider): readonly AnyController[] {
  return [
    ...(instances === undefined ? [] : [cloudNodeController(instances), cloudNodeLifecycleController(instances)]),
    ...(routes === undefined ? [] : [routeController(routes)]),
    ...(loadBalancers === undefined ? [] : [serviceController(loadBalancers)]),
  ];
}

/** Keeps a cluster and the cloud that it runs in together, each loop as a service account of its own. */
export function runCloudControllerManager({ provider, clientFor, ...options }: CloudControllerManagerOptions): RunningControllers {
  const running = cloudControllers(provider).map((controller) =>
    runControllers({
      ...options,
      controllers: [controller],
      client: clientFor(userOf(controller.name)),
      fieldManager: "cloud-controller-manager",
    }),
  );
  const stop = async (): Promise<void> => void (await Promise.all(running.map((each) => each.stop())));
  return {
    synced: async (signal) => void (await Promise.all(running.map((each) => each.synced(signal)))),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const namespace = "kube-system";

/** The service accounts that the default roles are bound to. */
const serviceAccounts: Readonly<Record<string, string>> = {
  "cloud-node": "node-controller",
  "cloud-node-lifecycle": "node-controller",
  route: "route-controller",
  service: "service-controller",
};

function userOf(controller: string): UserInfo {
  const serviceAccount = serviceAccounts[controller]!;
  return {
    name: `system:serviceaccount:${namespace}:${serviceAccount}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
  };
}
