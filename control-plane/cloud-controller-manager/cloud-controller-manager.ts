import { type AnyController, type OwnIdentityOptions, runAsThemselves, type RunningControllers } from "@kubets/client";
import { serviceAccountUser, type UserInfo } from "@kubets/machinery";
import { cloudNodeController } from "./cloud-node/index.ts";
import { cloudNodeLifecycleController } from "./cloud-node-lifecycle/index.ts";
import type { CloudProvider } from "./provider.ts";
import { routeController } from "./route/index.ts";
import { serviceController } from "./service/index.ts";

export interface CloudControllerManagerOptions extends Omit<OwnIdentityOptions, "controllers" | "userOf" | "fieldManager"> {
  readonly provider: CloudProvider;
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
export function runCloudControllerManager({ provider, ...options }: CloudControllerManagerOptions): RunningControllers {
  return runAsThemselves({ ...options, controllers: cloudControllers(provider), userOf, fieldManager: "cloud-controller-manager" });
}

/** The service accounts that the default roles are bound to. */
const serviceAccounts: Readonly<Record<string, string>> = {
  "cloud-node": "node-controller",
  "cloud-node-lifecycle": "node-controller",
  route: "route-controller",
  service: "service-controller",
};

function userOf(controller: string): UserInfo {
  return serviceAccountUser({ namespace: "kube-system", name: serviceAccounts[controller]! });
}
