export * from "./node-selector.ts";
export * from "./object-reference.ts";
export * from "./persistent-volume-claim-spec.ts";
export * from "./resource-requirements.ts";
export * from "./taint.ts";
export { toleratesTaint } from "./tolerates-taint.ts";
export { validateNodeSelector } from "./validate-node-selector.ts";
export { validatePersistentVolumeClaimSpec } from "./validate-persistent-volume-claim-spec.ts";
export { validateTolerations } from "./validate-tolerations.ts";
