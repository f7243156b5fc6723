import type { KindSelector } from "./resource-id.ts";

/** Kinds that others are likely to need. */
export const firstKinds: readonly string[] = [
  "Namespace",
  "ResourceQuota",
  "StorageClass",
  "CustomResourceDefinition",
  "ServiceAccount",
  "PodSecurityPolicy",
  "Role",
  "ClusterRole",
  "RoleBinding",
  "ClusterRoleBinding",
  "ConfigMap",
  "Secret",
  "Endpoints",
  "Service",
  "LimitRange",
  "PriorityClass",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "Deployment",
  "StatefulSet",
  "CronJob",
  "PodDisruptionBudget",
];

export const lastKinds: readonly string[] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

type Ranks = ReadonlyMap<string, number>;

/** Kinds that aren't named stand between the first and the last. */
export function ranksOf(first: readonly string[], last: readonly string[]): Ranks {
  return new Map([
    ...first.map((kind, index) => [kind, index - first.length] as const),
    ...last.map((kind, index) => [kind, index + 1] as const),
  ]);
}

const ranks = ranksOf(firstKinds, lastKinds);

/** The order in which kinds are gone through; anything stands behind the kinds that are named. */
export function compareKinds(a: KindSelector, b: KindSelector): number {
  const rankOf = ({ kind = "" }: KindSelector): number => ranks.get(kind) ?? 0;
  return rankOf(a) - rankOf(b) || compareTexts(sortedKind(a), sortedKind(b));
}

export const sortedKind = ({ group, version, kind }: KindSelector): string => `${group || "~G"}_${version || "~V"}_${kind || "~K"}`;

export const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
