export { claimName, type NameClaim, otherOwner, releaseName } from "./name-claim.ts";
export { applyPodNetwork, type PodNetwork, type PodNetworkOptions, purgePodNetwork, removePodNetwork } from "./pod-network.ts";
