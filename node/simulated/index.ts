export type { HeartbeatIntervals } from "./heartbeats.ts";
export { kubeletVersion, type SimulatedNodeSpec } from "./node-object.ts";
export type { PodState } from "./pod-state.ts";
export { type LogLine, type Program, programsByImage, type ProgramContext, type ProgramRule } from "./programs.ts";
export * from "./simulated-nodes.ts";
