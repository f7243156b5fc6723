import type { KubernetesObject } from "../meta.ts";
import { isMap, type JsonObject } from "./topology.ts";

/** Where client-side apply keeps what it applied. */
export const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

/** What client-side apply last applied; `undefined` when it didn't, or nobody can read it. */
export function lastApplied({ metadata: { annotations = {} } }: KubernetesObject): JsonObject | undefined {
  try {
    const config: unknown = JSON.parse(annotations[lastAppliedAnnotation] ?? "");
    return isMap(config) ? config : undefined;
  } catch {
    return undefined;
  }
}

/** The object with what was applied in the annotation of client-side apply, where it has one: so users can go back. */
export function withLastApplied(object: KubernetesObject, config: JsonObject): KubernetesObject {
  const { annotations = {} } = object.metadata;
  if ((annotations[lastAppliedAnnotation] ?? "") === "") return object;
  const text = `${JSON.stringify(sorted(withoutAnnotation(config)))}\n`;
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [lastAppliedAnnotation]: text } } };
}

function withoutAnnotation(config: JsonObject): JsonObject {
  const { metadata } = config;
  if (!isMap(metadata) || !isMap(metadata.annotations)) return config;
  const { [lastAppliedAnnotation]: _last, ...annotations } = metadata.annotations;
  return { ...config, metadata: { ...metadata, annotations } };
}

/** Go writes the keys of maps in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key])]),
  );
}
