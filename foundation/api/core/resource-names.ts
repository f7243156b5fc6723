/** The names of resources in quotas and limits. */
import { type FieldError, invalid, isQualifiedName } from "@kubets/machinery";

const ofContainers = ["cpu", "memory", "ephemeral-storage"] as const;
const ofQuotas = [
  ...ofContainers,
  "requests.cpu",
  "requests.memory",
  "requests.storage",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "persistentvolumeclaims",
  "configmaps",
  "services.nodeports",
  "services.loadbalancers",
] as const;
const standard: Readonly<Record<"container" | "quota" | "any", ReadonlySet<string>>> = {
  container: new Set(ofContainers),
  quota: new Set(ofQuotas),
  any: new Set([...ofQuotas, "storage"]),
};

/** Whether it is one of the resources that have no domain in their name. */
export function isStandardResource(name: string, use: "container" | "quota" | "any"): boolean {
  return standard[use].has(name) || name.startsWith("hugepages-") || (use !== "container" && name.startsWith("requests.hugepages-"));
}

/** A resource is a standard one, or has a domain in its name. */
export function validateResourceName(name: string, path: string): readonly FieldError[] {
  const problems = isQualifiedName(name).map((message) => invalid(path, name, message));
  if (problems.length > 0 || name.includes("/") || isStandardResource(name, "any")) return problems;
  return [invalid(path, name, "must be a standard resource type or fully qualified")];
}

/** Whether a limit may be above the request. */
export function mayBeOvercommitted(name: string): boolean {
  return (!name.includes("/") || name.includes("kubernetes.io/")) && !name.startsWith("hugepages-");
}
