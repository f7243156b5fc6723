export { applyPodNetwork, type PodNetwork, type PodNetworkOptions, purgePodNetwork, removePodNetwork } from "./pod-network.ts";
