export * from "./cluster-events.ts";
export * from "./cycle.ts";
export * from "./diagnosis.ts";
export * from "./fast-cycle.ts";
export * from "./framework.ts";
export * from "./plugins.ts";
export { type PodInfo, podInfo } from "./pod-info.ts";
export * from "./scheduler.ts";
export { Snapshot } from "./snapshot.ts";
