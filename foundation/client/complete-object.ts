import { apiVersionOf, applyDefaults, type Kind, type KubernetesObject } from "@kubets/machinery";

/**
 * An object as read from a server that may be older, or another: with its apiVersion and kind (items of a list come without) and
 * with every default that the kind declares. What needs nothing is answered as it is.
 */
export function completeObject<T extends KubernetesObject>(kind: Kind<T>, object: unknown): T {
  const named = object as T;
  const identified =
    named.kind === undefined || named.apiVersion === undefined ? { ...named, apiVersion: apiVersionOf(kind), kind: kind.kind } : named;
  const completed = applyDefaults(kind.schema, identified);
  return kind.strategy.defaults?.(completed) ?? completed;
}
