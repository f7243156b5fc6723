type Labels = Readonly<Record<string, string>>;

/** Labels of kubernetes.io that a kubelet may set on its own Node. */
const kubeletLabels: ReadonlySet<string> = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/arch",
  "kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/instance-type",
  "node.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.kubernetes.io/region",
  "failure-domain.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]);

const kubeletNamespaces: readonly string[] = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const restrictedNamespace = "node-restriction.kubernetes.io";

/**
 * The labels that differ and that a kubelet may not touch: those of node-restriction.kubernetes.io, by which operators steer
 * workloads, and all of kubernetes.io and k8s.io that aren't the kubelet's own.
 */
export function forbiddenLabels(labels: Labels, previous: Labels): readonly string[] {
  const keys = new Set([...Object.keys(labels), ...Object.keys(previous)]);
  return [...keys].filter((key) => labels[key] !== previous[key] && isForbidden(key)).sort();
}

function isForbidden(key: string): boolean {
  const slash = key.indexOf("/");
  const namespace = slash < 0 ? "" : key.slice(0, slash);
  if (isWithin(namespace, restrictedNamespace)) return true;
  if (!isWithin(namespace, "kubernetes.io") && !isWithin(namespace, "k8s.io")) return false;
  return !kubeletLabels.has(key) && !kubeletNamespaces.some((each) => isWithin(namespace, each));
}

function isWithin(namespace: string, domain: string): boolean {
  return namespace === domain || namespace.endsWith(`.${domain}`);
}
