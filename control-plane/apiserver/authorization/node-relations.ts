import { type PersistentVolume, PersistentVolumeClaimKind, PersistentVolumeKind, type Pod, PodKind } from "@kubets/api";
import { claimsOf, configMapsOf, secretsOf } from "../admission/pod-references.ts";
import type { ObjectReader } from "../contracts.ts";

/** What a node's kubelet reads because a Pod bound to the node needs it. */
export type RelatedResource = "configMap" | "persistentVolume" | "persistentVolumeClaim" | "pod" | "secret" | "serviceAccount";

export interface NodeRelations {
  /** Whether an object belongs to a Pod that is bound to the node. `namespace` is `""` for volumes. */
  isRelated(node: string, kind: RelatedResource, namespace: string, name: string): Promise<boolean>;
}

/**
 * Reads the relations off the Pods as they are now: no graph that could lag behind or leak. Kubelets watch most of what they
 * read once per Pod, so that walking a namespace's Pods is cheap enough.
 */
export function createNodeRelations(reader: ObjectReader): NodeRelations {
  return {
    async isRelated(node, kind, namespace, name) {
      await reader.ready(PodKind);
      if (kind === "pod") return reader.get(PodKind, namespace, name)?.spec.nodeName === node;
      if (kind === "persistentVolume") return isVolumeRelated(node, name);
      if (reader.list(PodKind, namespace).some((pod) => pod.spec.nodeName === node && refersTo(pod, kind, name))) return true;
      return kind === "secret" && isSecretOfRelatedVolume(node, namespace, name);
    },
  };

  async function isVolumeRelated(node: string, name: string): Promise<boolean> {
    await reader.ready(PersistentVolumeClaimKind);
    return reader.list(PersistentVolumeClaimKind, "").some(({ spec, metadata: { namespace = "", name: claim } }) => {
      if (spec.volumeName !== name) return false;
      return reader.list(PodKind, namespace).some((pod) => pod.spec.nodeName === node && refersTo(pod, "persistentVolumeClaim", claim));
    });
  }

  async function isSecretOfRelatedVolume(node: string, namespace: string, name: string): Promise<boolean> {
    await reader.ready(PersistentVolumeKind);
    for (const volume of reader.list(PersistentVolumeKind, "")) {
      const isOurs = secretsOfVolume(volume).some((each) => each?.name === name && each.namespace === namespace);
      if (isOurs && (await isVolumeRelated(node, volume.metadata.name))) return true;
    }
    return false;
  }
}

/** The Secrets with which a kubelet mounts a volume. */
function secretsOfVolume({ spec: { csi } }: PersistentVolume): readonly (SecretName | undefined)[] {
  return [csi?.nodePublishSecretRef, csi?.nodeStageSecretRef, csi?.nodeExpandSecretRef];
}

interface SecretName {
  readonly name?: string;
  readonly namespace?: string;
}

function refersTo(pod: Pod, kind: Exclude<RelatedResource, "persistentVolume" | "pod">, name: string): boolean {
  switch (kind) {
    case "serviceAccount":
      return pod.spec.serviceAccountName === name;
    case "persistentVolumeClaim":
      return has(claimsOf(pod), name);
    case "secret":
      return has(secretsOf(pod), name);
    case "configMap":
      return has(configMapsOf(pod), name);
  }
}

function has(names: Iterable<string>, name: string): boolean {
  for (const each of names) if (each === name) return true;
  return false;
}
