export { isCountedByQuotas, isChargedTo, quotaCharge, usesResources } from "./charges.ts";
export { isInQuota } from "./scopes.ts";
export { type ChargedObjects, missingForQuota, quantitiesOf, quotaUsage } from "./usage.ts";
