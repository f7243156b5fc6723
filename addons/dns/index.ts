export * from "./answer.ts";
export { type ClusterView, clusterView, type ClusterViewOptions } from "./cluster-view.ts";
export * from "./dns-objects.ts";
export * from "./dns.ts";
export * from "./resolv-conf.ts";
export * from "./resolver.ts";
export * from "./wire/message.ts";
