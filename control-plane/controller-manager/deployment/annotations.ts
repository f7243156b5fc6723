import type { Deployment, ReplicaSet } from "@kubets/api";

/** Which rollout an object belongs to: 1, 2, 3, … `kubectl rollout` reads and writes by it. */
export const revisionAnnotation = "deployment.kubernetes.io/revision";
/** Earlier revisions of a ReplicaSet that a rollback made current again, joined by commas. */
const revisionHistory = "deployment.kubernetes.io/revision-history";
/** The size the Deployment had when its ReplicaSet was last scaled; when it differs from today's, the Deployment was scaled since. */
const desiredReplicas = "deployment.kubernetes.io/desired-replicas";
/** The same, with the surge: what proportions are taken of. */
const maxReplicas = "deployment.kubernetes.io/max-replicas";

/** These speak of the object that they stand on, and are not handed down from a Deployment to its ReplicaSets. */
const ownAnnotations: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  revisionHistory,
  desiredReplicas,
  maxReplicas,
  "deprecated.deployment.rollback.to",
]);

type Annotations = Readonly<Record<string, string>>;

/** 0 for an object without a revision. */
export function revisionOf({ metadata }: Pick<ReplicaSet | Deployment, "metadata">): number {
  const revision = Number(metadata.annotations?.[revisionAnnotation] ?? "0");
  return Number.isSafeInteger(revision) ? revision : 0;
}

export function desiredReplicasOf({ metadata }: ReplicaSet): number | undefined {
  return numberOf(metadata.annotations?.[desiredReplicas]);
}

export function maxReplicasOf({ metadata }: ReplicaSet): number | undefined {
  return numberOf(metadata.annotations?.[maxReplicas]);
}

/** The ReplicaSet's annotations after it was scaled for a Deployment of this size. */
export function withSizes(
  annotations: Annotations | undefined,
  { desired, max }: { readonly desired: number; readonly max: number },
): Annotations {
  return { ...annotations, [desiredReplicas]: String(desired), [maxReplicas]: String(max) };
}

/** The annotations of the current ReplicaSet: the Deployment's, and its revision, which never falls. */
export function withRevision(annotations: Annotations | undefined, deployment: Deployment, revision: number): Annotations {
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.has(key));
  const known = Number(annotations?.[revisionAnnotation] ?? "0");
  const next: Annotations = { ...annotations, ...Object.fromEntries(inherited) };
  if (known >= revision) return next;
  const history = [annotations?.[revisionHistory], known === 0 ? undefined : String(known)].filter((each) => each !== undefined);
  return { ...next, ...(history.length === 0 ? {} : { [revisionHistory]: history.join(",") }), [revisionAnnotation]: String(revision) };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
