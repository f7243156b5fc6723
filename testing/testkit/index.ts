export type { Cluster, ClusterClock, ClusterOptions, SettleOptions } from "./cluster.ts";
export { startCluster } from "./start-cluster.ts";
export type { ClusterSnapshot } from "./cluster-snapshot.ts";
export type { ReadClient, ResourceReader } from "./at-revision.ts";
export { NotSettledError, type WrittenOften } from "./not-settled.ts";
export {
  type CommandResult,
  type ContainerAnswer,
  type ContainerCommand,
  type ContainerRequest,
  type LogLine,
  type Program,
  programsByImage,
  type ProgramContext,
  type ProgramRule,
  type ResourceUsage,
  type SimulatedNodeSpec,
} from "@kubets/simulated";
