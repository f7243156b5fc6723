import { ServiceKind } from "@kubets/api";
import { createInformers } from "@kubets/client";
import { localProvider, runCloudControllerManager } from "@kubets/cloud-controller-manager";
import type { ControlPlane, Surroundings } from "./control-plane.ts";

/** This machine as the cloud: Services of type LoadBalancer get addresses of `range`. */
export function startLocalCloud({
  clientFor,
  range,
  ...surroundings
}: Surroundings & { readonly clientFor: ControlPlane["clientFor"]; readonly range: string }): {
  synced(signal?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
} {
  const informers = createInformers({ ...surroundings, client: clientFor({ name: "system:kube-controller-manager", groups: [] }) });
  const provider = localProvider({ range, services: informers.of(ServiceKind) });
  const manager = runCloudControllerManager({
    ...surroundings,
    provider,
    informers,
    clientFor: (user) => clientFor(user, "cloud-controller-manager"),
  });
  return { synced: (signal) => manager.synced(signal), stop: async () => void (await manager.stop(), await informers.stop()) };
}

/** `10.244.0.0/16` → the last /24 of it, which is no node's: its addresses lead to nobody but Services. */
export function loadBalancerRangeOf(podRange: string): string {
  const [a, b] = podRange.split("/")[0]!.split(".");
  return `${a}.${b}.255.0/24`;
}
