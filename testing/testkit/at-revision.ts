import type { Client, ListOptions } from "@kubets/client";
import { type Kind, type KubernetesList, type KubernetesObject, notFound } from "@kubets/machinery";

/** Reads, and nothing else. */
export interface ReadClient {
  resource<T extends KubernetesObject>(kind: Kind<T>): ResourceReader<T>;
}

export interface ResourceReader<T extends KubernetesObject> {
  in(namespace: string): ResourceReader<T>;
  get(name: string): Promise<T>;
  list(options?: Pick<ListOptions, "labelSelector" | "fieldSelector">): Promise<KubernetesList<T>>;
}

/** A client that sees everything as it was at `revision`. A revision that is forgotten is `Expired`, one that isn't there yet an error. */
export function clientAt(client: Client, revision: number | string): ReadClient {
  if (!/^[1-9]\d*$/.test(String(revision))) throw new RangeError(`Cannot read at revision ${revision}: expected a whole number above 0`);
  const exactly = { resourceVersion: String(revision), resourceVersionMatch: "Exact" } as const;
  const readerOf = <T extends KubernetesObject>(kind: Kind<T>, namespace: string): ResourceReader<T> => {
    const resource = namespace === "" ? client.resource(kind) : client.resource(kind).in(namespace);
    const list: ResourceReader<T>["list"] = (options = {}) => resource.list({ ...options, ...exactly });
    return {
      in: (name) => readerOf(kind, name),
      list,
      // A get by revision answers something newer when there is: only a list is exact.
      async get(name) {
        const [object] = (await list({ fieldSelector: `metadata.name=${name}` })).items;
        if (object === undefined) throw notFound(kind, name);
        return object;
      },
    };
  };
  return { resource: (kind) => readerOf(kind, "") };
}
