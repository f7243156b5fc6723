import { apiVersionOf, defineKind, isStatus, type Kind, kindObject, type KubernetesObject, type Schema } from "@kubets/machinery";
import type { Client } from "./client.ts";
import { readPath } from "./client-implementation.ts";

/** What an object, or a reference, says of its kind. */
export interface KindName {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface FindKindOptions {
  /** Kinds that are served in any case: what they are called needn't be asked. */
  readonly kinds: readonly Kind[];
  readonly signal?: AbortSignal;
}

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}

/** The kind of that name: one of `kinds`, or one that the server's discovery tells of, such as a custom one; `undefined` when it serves neither. */
export async function findKind(
  client: Client,
  { apiVersion, kind }: KindName,
  { kinds, signal }: FindKindOptions,
): Promise<Kind | undefined> {
  const known = kinds.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
  if (known !== undefined) return known;
  const [group, version] = apiVersion.includes("/") ? (apiVersion.split("/") as [string, string]) : ["", apiVersion];
  const path = group === "" ? `/api/${version}` : `/apis/${apiVersion}`;
  const document = await readPath(client, path, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    if (isStatus(error, "NotFound")) return {};
    throw error;
  });
  const found = (document as ResourceList).resources?.find((each) => each.kind === kind && !each.name.includes("/"));
  if (found === undefined) return undefined;
  const scope = found.namespaced ? "Namespaced" : "Cluster";
  return defineKind({ group, version, kind, resource: found.name, scope, schema: anyObject });
}

const anyObject: Schema<KubernetesObject> = kindObject<KubernetesObject>(
  "Discovered",
  "An object of a kind that only its server knows.",
  {},
);
