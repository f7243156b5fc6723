import { applyDefaults, decodeObject, type Draft, type Kind, type KubernetesObject } from "@kubets/machinery";
import type { ObjectReader } from "../../contracts.ts";

/** Objects that a decision is tested against, read as from the server's caches. {@link FixedReader.put} changes one. */
export interface FixedReader extends ObjectReader {
  put<T extends KubernetesObject>(kind: Kind<T>, object: Draft<Omit<T, "apiVersion" | "kind">>): T;
  remove<T extends KubernetesObject>(kind: Kind<T>, namespace: string, name: string): void;
}

export function fixedReader(): FixedReader {
  const objects = new Map<string, Map<string, KubernetesObject>>();
  let uids = 0;
  const ofKind = ({ group, resource }: Pick<Kind, "group" | "resource">): Map<string, KubernetesObject> => {
    const key = `${group}/${resource}`;
    let found = objects.get(key);
    if (found === undefined) objects.set(key, (found = new Map()));
    return found;
  };
  return {
    ready: () => Promise.resolve(),
    get: <T extends KubernetesObject>(kind: Kind<T>, namespace: string, name: string) =>
      ofKind(kind).get(`${namespace}/${name}`) as T | undefined,
    list: <T extends KubernetesObject>(kind: Kind<T>, namespace: string) =>
      [...ofKind(kind).values()].filter((each) => namespace === "" || each.metadata.namespace === namespace) as unknown as readonly T[],
    put(kind, draft) {
      const object = asRead(kind, draft, `uid-${++uids}`);
      ofKind(kind).set(`${object.metadata.namespace ?? ""}/${object.metadata.name}`, object);
      return object;
    },
    remove: (kind, namespace, name) => void ofKind(kind).delete(`${namespace}/${name}`),
  };
}

/** The object as a server would answer it: decoded, with its defaults and a uid. */
export function asRead<T extends KubernetesObject>(kind: Kind<T>, draft: Draft<Omit<T, "apiVersion" | "kind">>, uid = "uid"): T {
  const { metadata, ...rest } = draft as { readonly metadata: object };
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  const value = {
    apiVersion,
    kind: kind.kind,
    metadata: { uid, resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z", ...metadata },
    ...rest,
  };
  const object = applyDefaults(kind.schema, decodeObject(kind.schema, value).object);
  return kind.strategy.defaults?.(object) ?? object;
}
