import type { ParamKind, ParamRef } from "@kubets/api";
import { apiVersionOf, type Kind, type KubernetesObject, selectorMatches } from "@kubets/machinery";
import type { ObjectReader } from "../../contracts.ts";

/**
 * The objects that a binding names as parameters of its policy. `[null]` when the policy has none, `[]` when there are none and that
 * allows the request; a text when something is wrong with them.
 */
export async function paramsOf(
  paramKind: ParamKind | undefined,
  paramRef: ParamRef | undefined,
  namespace: string,
  { reader, kinds }: { readonly reader: ObjectReader; readonly kinds: readonly Kind[] },
): Promise<readonly unknown[] | string> {
  if (paramKind === undefined || paramRef === undefined) return [null];
  const { apiVersion = "", kind: name = "" } = paramKind;
  const kind = kinds.find((each) => each.kind === name && apiVersionOf(each) === apiVersion);
  if (kind === undefined) return `failed to find resource referenced by paramKind: '${apiVersion}, Kind=${name}'`;
  if (kind.scope === "Cluster" && paramRef.namespace !== undefined) {
    return `paramRef.namespace must not be provided for a cluster-scoped \`paramKind\``;
  }
  const place = kind.scope === "Cluster" ? "" : (paramRef.namespace ?? namespace);
  if (kind.scope === "Namespaced" && place === "")
    return "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources";
  await reader.ready(kind);
  const found = select(reader, kind, place, paramRef);
  if (found.length > 0) return found;
  return paramRef.parameterNotFoundAction === "Allow" ? [] : "no params found for policy binding with `Deny` parameterNotFoundAction";
}

function select(reader: ObjectReader, kind: Kind, namespace: string, { name = "", selector }: ParamRef): readonly KubernetesObject[] {
  if (name === "") return reader.list(kind, namespace).filter((each) => selectorMatches(selector, each.metadata.labels));
  const found = reader.get(kind, namespace, name);
  return found === undefined ? [] : [found];
}
