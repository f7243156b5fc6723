export { exerciseOperations, exerciseStatus } from "./api-operations.ts";
export { conformanceCluster, type ConformanceCluster, record, type Recording } from "./conformance-cluster.ts";
