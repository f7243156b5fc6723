import type { PersistentVolumeClaim, Pod, StatefulSet } from "@kubets/api";
import type { DraftObject } from "@kubets/client";

const podNameLabel = "statefulset.kubernetes.io/pod-name";
const podIndexLabel = "apps.kubernetes.io/pod-index";

/** The name of the Pod with a number, and of nothing else: it outlives the Pod. */
export function podNameOf({ metadata }: StatefulSet, ordinal: number): string {
  return `${metadata.name}-${ordinal}`;
}

/** The number of a Pod; `undefined` when its name is not one that the StatefulSet gives. */
export function ordinalOf({ metadata }: StatefulSet, { metadata: { name } }: Pod): number | undefined {
  const prefix = `${metadata.name}-`;
  const digits = name.slice(prefix.length);
  return name.startsWith(prefix) && /^(0|[1-9]\d{0,9})$/.test(digits) ? Number(digits) : undefined;
}

/** The labels by which a Pod is found by its number. */
export function identityLabels(set: StatefulSet, ordinal: number): Readonly<Record<string, string>> {
  return { [podNameLabel]: podNameOf(set, ordinal), [podIndexLabel]: String(ordinal) };
}

/** The Pod with the labels that its number gives it; the same object when it has them. */
export function withIdentity(set: StatefulSet, ordinal: number, pod: Pod): Pod {
  const labels = identityLabels(set, ordinal);
  if (Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value)) return pod;
  return { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, ...labels } } };
}

/** The claim that the Pod of a number has from a template. */
export function claimNameOf(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${podNameOf(set, ordinal)}`;
}

/** The claims that the Pod of a number needs. */
export function claimsFor(set: StatefulSet, ordinal: number): readonly (DraftObject<PersistentVolumeClaim> & Named)[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    metadata: {
      name: claimNameOf(set, template, ordinal),
      ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
      labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
      ...(template.metadata.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
    },
    spec: template.spec,
  }));
}

interface Named {
  readonly metadata: { readonly name: string };
}
