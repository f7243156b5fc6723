import { type IpFamily, ipFamilyOf, isHeadless, type ServiceSpec } from "@kubets/api";
import { type FieldError, invalid } from "@kubets/machinery";

/** The families of a Service's addresses, or why it can't have them. */
export type FamilyDecision =
  | { readonly families: readonly IpFamily[]; readonly policy: NonNullable<ServiceSpec["ipFamilyPolicy"]> }
  | { readonly errors: readonly FieldError[] };

/**
 * Which address families a Service has: what it says, else what follows from its addresses, else what the cluster has.
 * `served`: the families of the cluster's ranges, its own first.
 */
export function decideFamilies(spec: ServiceSpec, served: readonly IpFamily[]): FamilyDecision {
  const { clusterIPs = [], selector = {} } = spec;
  const asked = (spec.ipFamilies ?? []).filter((family) => family !== "");
  const isSelectorless = isHeadless(spec) && Object.keys(selector).length === 0;
  const policy = spec.ipFamilyPolicy ?? impliedPolicy(asked, clusterIPs, isSelectorless);
  const given = clusterIPs.map(ipFamilyOf).filter((family) => family !== undefined);
  const families = asked.length > 0 ? asked : given.length > 0 ? given : [served[0]!];
  const errors = isSelectorless ? [] : unservedErrors(asked, policy, served);
  if (errors.length > 0) return { errors };
  if (policy === "SingleStack" || families.length > 1) return { families, policy };
  // The second family, where the cluster has it. Without selector and address nothing of the cluster's is needed.
  const second: IpFamily = families[0] === "IPv4" ? "IPv6" : "IPv4";
  return { families: isSelectorless || served.includes(second) ? [...families, second] : families, policy };
}

function impliedPolicy(
  families: readonly IpFamily[],
  clusterIPs: readonly string[],
  isSelectorless: boolean,
): NonNullable<ServiceSpec["ipFamilyPolicy"]> {
  if (families.length === 2 || clusterIPs.length === 2) return "RequireDualStack";
  return isSelectorless && families.length === 0 ? "RequireDualStack" : "SingleStack";
}

function unservedErrors(asked: readonly IpFamily[], policy: string, served: readonly IpFamily[]): readonly FieldError[] {
  const unserved = asked.flatMap((family, index) =>
    served.includes(family) ? [] : [invalid(`spec.ipFamilies[${index}]`, family, "not configured on this cluster")],
  );
  if (policy !== "RequireDualStack" || served.length > 1) return unserved;
  return [invalid("spec.ipFamilyPolicy", policy, "this cluster is not configured for dual-stack services"), ...unserved];
}
