export type { Cluster, ClusterClock, ClusterOptions, SettleOptions } from "./cluster.ts";
export { startCluster } from "./start-cluster.ts";
export type { ClusterSnapshot } from "./cluster-snapshot.ts";
export type { ReadClient, ResourceReader } from "./at-revision.ts";
export { everyFault, type FaultKind, type FaultPlan, type Faults, type InjectedFault } from "./faults.ts";
export type { RevisionView } from "./revision-view.ts";
export { simulate, type Simulation, SimulationFailure, type SimulationReport } from "./simulate.ts";
export { NotSettledError, type WrittenOften } from "./not-settled.ts";
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
  type SimulatedNodeSpec,
} from "@kubets/simulated";
/** What scheduler plugins of your own are written with. */
export { type Plugin, type PluginUse, rejection } from "@kubets/scheduler";
