/** Where a group version stands in discovery: groups, and versions of a group, with higher numbers come first. */
export interface Priority {
  readonly group: number;
  readonly version: number;
}

/** The groups of Kubernetes from the first to the last, as upstream orders them. */
const groupPriorities: Readonly<Record<string, number>> = {
  "": 18_000,
  apps: 17_800,
  "events.k8s.io": 17_750,
  "authentication.k8s.io": 17_700,
  "authorization.k8s.io": 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  "certificates.k8s.io": 17_300,
  "networking.k8s.io": 17_200,
  policy: 17_100,
  "rbac.authorization.k8s.io": 17_000,
  "storage.k8s.io": 16_800,
  "apiextensions.k8s.io": 16_700,
  "admissionregistration.k8s.io": 16_700,
  "scheduling.k8s.io": 16_600,
  "coordination.k8s.io": 16_500,
  "node.k8s.io": 16_300,
  "discovery.k8s.io": 16_200,
  "flowcontrol.apiserver.k8s.io": 16_100,
  "internal.apiserver.k8s.io": 16_000,
  "resource.k8s.io": 15_900,
  "storagemigration.k8s.io": 15_800,
};

/** Where versions stand when they don't stand by their stability. */
const versionPriorities: Readonly<Record<string, number>> = {
  "/v1": 1,
  "autoscaling/v2": 30,
  "flowcontrol.apiserver.k8s.io/v1": 21,
};

/** Of what is declared at run time. Versions stand by their names. */
export const declaredPriority: Priority = { group: 1000, version: 100 };

/** Where a version of Kubernetes' own groups stands; `undefined` for groups of others. */
export function builtInPriority({ group, version }: { readonly group: string; readonly version: string }): Priority | undefined {
  const ofGroup = groupPriorities[group];
  if (ofGroup === undefined) return undefined;
  return { group: ofGroup, version: versionPriorities[`${group}/${version}`] ?? byStability(version) };
}

function byStability(version: string): number {
  if (version.includes("alpha")) return 9;
  return version.includes("beta") ? 12 : 15;
}
