export { type Cluster, type ClusterClock, type ClusterOptions, startCluster } from "./start-cluster.ts";
export { NotSettledError } from "./not-settled.ts";
export { type LogLine, type Program, programsByImage, type ProgramContext, type ProgramRule } from "@kubets/simulated";
