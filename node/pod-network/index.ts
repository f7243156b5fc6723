export { type HostFirewall, leftoverPortMappings, readHostFirewall } from "./host-firewall.ts";
export { bridgeNameFor, networkNameFor } from "./names.ts";
export { type IptablesRule, planPodNetwork, type PodNetworkFacts, type PodNetworkPlan } from "./plan.ts";
