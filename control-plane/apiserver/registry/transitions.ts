import { type Kind, type KubernetesObject, sameJson } from "@kubets/machinery";

/** The parts into which kinds with a status subresource fall. */
interface WithStatus extends KubernetesObject {
  readonly status?: unknown;
}

/** The object with the status of `previous`, or with none: what the main resource may write. */
export function withoutStatus(object: WithStatus, previous?: WithStatus): WithStatus {
  const { status: _status, ...rest } = object;
  return previous?.status === undefined ? rest : { ...rest, status: previous.status };
}

/** `previous` with the metadata and the status of the object: what the status subresource may write. */
export function withStatusOnly({ metadata, status }: WithStatus, previous: WithStatus): WithStatus {
  const { status: _status, ...rest } = previous;
  return { ...rest, metadata, ...(status === undefined ? {} : { status }) };
}

/**
 * Counts the generation up when anything but metadata and status has changed: the status too, where it isn't written apart, and the
 * annotations, where the kind says so.
 */
export function withGeneration(
  { subresources, strategy }: Pick<Kind, "subresources" | "strategy">,
  object: KubernetesObject,
  previous: KubernetesObject,
): KubernetesObject {
  const { generation = 0 } = previous.metadata;
  const wishOf = subresources.status === true ? specOf : contentOf;
  const isAsBefore =
    sameJson(wishOf(object), wishOf(previous)) &&
    (strategy.generation !== "with annotations" || sameJson(object.metadata.annotations ?? {}, previous.metadata.annotations ?? {}));
  const next = isAsBefore ? generation : generation + 1;
  return object.metadata.generation === next ? object : { ...object, metadata: { ...object.metadata, generation: next } };
}

function specOf({ metadata: _metadata, status: _status, ...wish }: WithStatus): unknown {
  return wish;
}

function contentOf({ metadata: _metadata, ...content }: WithStatus): unknown {
  return content;
}

/** Whether an object that is being deleted has nothing left to wait for. */
export function mustGoNow({ group, kind }: Pick<Kind, "group" | "kind">, object: KubernetesObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  if (deletionTimestamp === undefined || finalizers.length > 0 || deletionGracePeriodSeconds > 0) return false;
  return group !== "" || kind !== "Namespace" || remainingFinalizers(object).length === 0;
}

/** A Namespace has finalizers of its own: its content must be gone. */
export function remainingFinalizers(namespace: KubernetesObject): readonly string[] {
  return (namespace as { readonly spec?: { readonly finalizers?: readonly string[] } }).spec?.finalizers ?? [];
}
