import type { KubernetesObject } from "@kubets/machinery";

/** Whether the object stays and lacks the finalizer. */
export function isUnprotected({ metadata: { deletionTimestamp, finalizers = [] } }: KubernetesObject, finalizer: string): boolean {
  return deletionTimestamp === undefined && !finalizers.includes(finalizer);
}

/** Whether the object is to go, and the finalizer is among what holds it. */
export function isProtected({ metadata: { deletionTimestamp, finalizers = [] } }: KubernetesObject, finalizer: string): boolean {
  return deletionTimestamp !== undefined && finalizers.includes(finalizer);
}

export function protect<T extends KubernetesObject>(object: T, finalizer: string): T {
  return { ...object, metadata: { ...object.metadata, finalizers: [...(object.metadata.finalizers ?? []), finalizer] } };
}

export function release<T extends KubernetesObject>(object: T, finalizer: string): T {
  const finalizers = object.metadata.finalizers?.filter((each) => each !== finalizer) ?? [];
  return { ...object, metadata: { ...object.metadata, finalizers } };
}
