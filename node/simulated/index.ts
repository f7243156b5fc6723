export { annotatedProgram } from "./annotated-program.ts";
export type { LogEntry } from "./container-logs.ts";
export type { HeartbeatIntervals } from "./heartbeats.ts";
export { kubeletVersion, type SimulatedNodeSpec } from "./node-object.ts";
export {
  type CommandResult,
  type ContainerAnswer,
  type ContainerCommand,
  type ContainerConnection,
  type ContainerRequest,
  type LogLine,
  type ProbeAnswer,
  type Program,
  programsByImage,
  type ProgramContext,
  type ProgramRule,
  type ResourceUsage,
} from "./programs.ts";
export type { HeartbeatsState } from "./heartbeats.ts";
export type { WorkedPod } from "./pod-workers.ts";
export type { SimulatedNode } from "./machine.ts";
export type { Pressures } from "./node-pressure.ts";
export * from "./simulated-nodes.ts";
export { type Listener, simulatedDialer } from "./simulated-network.ts";
