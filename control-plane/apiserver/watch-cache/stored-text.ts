import { type Kind, type KubernetesObject, type ManagedFieldsEntry, type ObjectMeta, textOfSpec } from "@kubets/machinery";

/**
 * An object as JSON, exactly as `JSON.stringify` writes it. What managers own is a third of most objects and the same in many (all Pods of
 * one controller, every heartbeat of a Node), so its text is kept; so is that of specs that repeat.
 */
export function storedText({ schema }: Kind, written: KubernetesObject): string {
  return fieldsText(written, (name, value) => {
    if (name === "metadata") return metadataText(value as ObjectMeta);
    return (name === "spec" ? textOfSpec(schema.node, value) : undefined) ?? JSON.stringify(value);
  });
}

function metadataText(metadata: ObjectMeta): string {
  return fieldsText(metadata, (name, value) =>
    name === "managedFields" && Array.isArray(value)
      ? `[${(value as readonly ManagedFieldsEntry[]).map(entryText).join(",")}]`
      : JSON.stringify(value),
  );
}

function entryText(entry: ManagedFieldsEntry): string {
  return fieldsText(entry, (name, value) => (name === "fieldsV1" ? keptText(value as object) : JSON.stringify(value)));
}

function fieldsText(object: object, textOf: (name: string, value: unknown) => string): string {
  let text = "";
  for (const name in object) {
    const value: unknown = object[name as keyof typeof object];
    if (value === undefined) continue;
    text += `${text === "" ? "{" : ","}${JSON.stringify(name)}:${textOf(name, value)}`;
  }
  return text === "" ? "{}" : `${text}}`;
}

const mostKept = 256;
const kept = new Map<object, string>();

/** The text of a value that is never changed. */
function keptText(value: object): string {
  let text = kept.get(value);
  if (text === undefined) {
    text = JSON.stringify(value);
    if (kept.size >= mostKept) kept.clear();
    kept.set(value, text);
  }
  return text;
}
