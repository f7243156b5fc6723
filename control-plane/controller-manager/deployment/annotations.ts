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

/** How long a history may get, in characters; the oldest revisions are forgotten first. */
const longestHistory = 2000;

type Annotations = Readonly<Record<string, string>>;

/** A whole number of 64 bits, as upstream counts; 0 for an object without a revision. */
export function revisionOf({ metadata }: Pick<ReplicaSet | Deployment, "metadata">): bigint {
  return parseRevision(metadata.annotations?.[revisionAnnotation]);
}

function parseRevision(text: string | undefined): bigint {
  return text !== undefined && /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
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
export function withRevision(annotations: Annotations | undefined, deployment: Deployment, revision: bigint): Annotations {
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.has(key));
  const known = parseRevision(annotations?.[revisionAnnotation]);
  const next: Annotations = { ...annotations, ...Object.fromEntries(inherited) };
  if (known >= revision) return next;
  const history = withRevisionInHistory(annotations?.[revisionHistory], known);
  return { ...next, ...(history === undefined ? {} : { [revisionHistory]: history }), [revisionAnnotation]: String(revision) };
}

function withRevisionInHistory(history: string | undefined, revision: bigint): string | undefined {
  if (revision === 0n) return history;
  const revisions = [...(history ?? "").split(",").filter((each) => each !== ""), String(revision)];
  while (revisions.length > 1 && revisions.join(",").length > longestHistory) revisions.shift();
  return revisions.join(",");
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
