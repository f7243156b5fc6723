import { type Plugin, rejection, skip } from "../../framework.ts";

const name = "DynamicResources";

/**
 * Devices that Pods claim by `spec.resourceClaims`. Allocation of claims isn't there yet: a Pod that has any stays Pending and says so,
 * rather than start without its devices.
 */
export const dynamicResources: Plugin = {
  name,
  sign: ({ pod }) => ((pod.spec.resourceClaims ?? []).length > 0 ? "claims" : ""),
  preFilter({ pod }) {
    if ((pod.spec.resourceClaims ?? []).length === 0) return skip;
    return { kind: "reject", rejection: rejection(name, false, "resource claims are not supported by this scheduler") };
  },
  postFilter: () => ({ kind: "reject", message: "no new claims to deallocate", nomination: "keep" }),
  hints: {},
};
