import { type Namespace, type NamespaceCondition, NamespaceKind } from "@kubets/api";
import { type Action, type Decision, nothing, updateStatus } from "@kubets/client";
import { formatTime, type Instant, type Kind, type KubernetesObject, sameJson } from "@kubets/machinery";

/** What is left of one kind. */
export interface Remainder {
  readonly kind: Kind;
  readonly objects: readonly KubernetesObject[];
}

export interface Observed {
  /** Being deleted. */
  readonly namespace: Namespace;
  readonly content: readonly Remainder[];
}

/** Stands in `spec.finalizers` until the content is gone. */
const finalizer = "kubernetes";

export function reconcile({ namespace, content }: Observed, now: Instant): Decision {
  if (namespace.spec.finalizers?.includes(finalizer) !== true) return nothing;
  const remaining = content.filter(({ objects }) => objects.length > 0);
  const status = { ...namespace.status, conditions: conditionsOf(namespace, remaining, now) };
  const said = sameJson(status, namespace.status) ? [] : [updateStatus(NamespaceKind, { ...namespace, status })];
  if (remaining.length > 0) return { actions: [...said, ...deletions(remaining)] };
  // Two writes of one object in one pass would conflict: it is let go when its status stands.
  if (said.length > 0) return { actions: said };
  const { name } = namespace.metadata;
  // A write that was under way when the namespace was marked may not be in the caches yet.
  const confirmations = content.map(({ kind }): Action => ({ verb: "confirmEmpty", kind, namespace: name }));
  return { actions: [...confirmations, finalization(namespace)] };
}

/** Pods first: what they use should outlive them. Once they are gone, everything else at once. */
function deletions(remaining: readonly Remainder[]): readonly Action[] {
  const pods = remaining.filter(({ kind }) => kind.group === "" && kind.resource === "pods");
  const first = pods.length > 0 ? pods : remaining;
  return first.flatMap(({ kind, objects }) =>
    objects
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata: { namespace, name, uid } }): Action => ({
        verb: "delete",
        kind,
        ...(namespace === undefined ? {} : { namespace }),
        name,
        options: { preconditions: { uid }, propagationPolicy: "Background" },
      })),
  );
}

function finalization(namespace: Namespace): Action {
  const finalizers = namespace.spec.finalizers?.filter((each) => each !== finalizer) ?? [];
  return {
    verb: "subresource",
    kind: NamespaceKind as unknown as Kind,
    name: namespace.metadata.name,
    subresource: "finalize",
    method: "update",
    body: { ...namespace, spec: { ...namespace.spec, finalizers } },
  };
}

function conditionsOf(namespace: Namespace, remaining: readonly Remainder[], now: Instant): readonly NamespaceCondition[] {
  const finalizers = countFinalizers(remaining);
  // With the dot even where there is no group, as upstream says it.
  const counts = remaining.map(({ kind, objects }) => `${kind.resource}.${kind.group} has ${objects.length} resource instances`).sort();
  const held = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`);
  const wanted: readonly Omit<NamespaceCondition, "lastTransitionTime">[] = [
    {
      type: "NamespaceDeletionDiscoveryFailure",
      status: "False",
      reason: "ResourcesDiscovered",
      message: "All resources successfully discovered",
    },
    {
      type: "NamespaceDeletionGroupVersionParsingFailure",
      status: "False",
      reason: "ParsedGroupVersions",
      message: "All legacy kube types successfully parsed",
    },
    {
      type: "NamespaceDeletionContentFailure",
      status: "False",
      reason: "ContentDeleted",
      message: "All content successfully deleted, may be waiting on finalization",
    },
    counts.length > 0
      ? {
          type: "NamespaceContentRemaining",
          status: "True",
          reason: "SomeResourcesRemain",
          message: `Some resources are remaining: ${counts.join(", ")}`,
        }
      : { type: "NamespaceContentRemaining", status: "False", reason: "ContentRemoved", message: "All content successfully removed" },
    held.length > 0
      ? {
          type: "NamespaceFinalizersRemaining",
          status: "True",
          reason: "SomeFinalizersRemain",
          message: `Some content in the namespace has finalizers remaining: ${held.join(", ")}`,
        }
      : {
          type: "NamespaceFinalizersRemaining",
          status: "False",
          reason: "ContentHasNoFinalizers",
          message: "All content-preserving finalizers finished",
        },
  ];
  return wanted.map((condition) => {
    const previous = namespace.status.conditions?.find(({ type }) => type === condition.type);
    const kept = previous?.status === condition.status ? previous.lastTransitionTime : undefined;
    return { ...condition, lastTransitionTime: kept ?? formatTime(now) };
  });
}

function countFinalizers(remaining: readonly Remainder[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { objects } of remaining) {
    for (const { metadata } of objects) for (const name of metadata.finalizers ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
