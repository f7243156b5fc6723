import { apiVersionOf, applyDefaults, formatTime, type Instant, type Kind, type KubernetesObject } from "@kubets/machinery";

/** When the tests of decisions take place. */
export const noon: Instant = 1_800_000_000_000 as Instant;

type Body = Readonly<Record<string, unknown>>;

/** An object as a cache has it: with its defaults, of a uid that is its name. */
export function anObject<T extends KubernetesObject>(kind: Kind<T>, name: string, body: Body = {}): T {
  const metadata = { name, uid: name, resourceVersion: "1", generation: 1, creationTimestamp: formatTime((noon - 3_600_000) as Instant) };
  const namespace = kind.scope === "Namespaced" ? { namespace: "default" } : {};
  const object = {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    ...body,
    metadata: { ...metadata, ...namespace, ...(body["metadata"] as object) },
  };
  return applyDefaults(kind.schema, object as unknown as T);
}
