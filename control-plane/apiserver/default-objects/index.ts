export { reaggregated } from "./aggregation.ts";
export { kubeletClientUser } from "./bindings.ts";
export { type ApiServerAddress, type ClientTrust, kubernetesServiceCIDR } from "./cluster-objects.ts";
export { nodeRules } from "./component-roles.ts";
export { controllerRoles } from "./controller-roles.ts";
export { keepFlowControl } from "./keep-flow-control.ts";
export { defaultConstants, type DefaultObjectOptions, reconcileDefaultObjects } from "./reconcile.ts";
