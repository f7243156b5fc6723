export * from "./controller-manager.ts";
export * from "./controllers.ts";
export type { NodeIpamOptions } from "./node-ipam/index.ts";
export type { EvictionRates, GracePeriods, NodeLifecycleOptions } from "./node-lifecycle/index.ts";
export * from "./selection.ts";
