import { bytesOfSpec, type Kind, type KubernetesObject, type ManagedFieldsEntry, type ObjectMeta } from "@kubets/machinery";

/**
 * An object as JSON, exactly as `JSON.stringify` writes it, in bytes of its own. What managers own is a third of most objects and the same in
 * many (all Pods of one controller, every heartbeat of a Node), so its text is kept; of specs that repeat the bytes are.
 */
export function storedBytes({ schema }: Kind, written: KubernetesObject): Uint8Array {
  let spec: Uint8Array | undefined;
  let beforeSpec = "";
  let text = "";
  for (const name in written) {
    const value: unknown = written[name as keyof KubernetesObject];
    if (value === undefined) continue;
    text += `${text === "" && spec === undefined ? "{" : ","}${JSON.stringify(name)}:`;
    const known = name === "spec" ? bytesOfSpec(schema.node, value) : undefined;
    if (known === undefined) {
      text += name === "metadata" ? metadataText(value as ObjectMeta) : JSON.stringify(value);
    } else {
      spec = known;
      beforeSpec = text;
      text = "";
    }
  }
  text += text === "" && spec === undefined ? "{}" : "}";
  return spec === undefined ? encoder.encode(text) : joined(beforeSpec, spec, text);
}

const encoder = new TextEncoder();
/** Where short texts are encoded before it is known how long they are. */
const scratch = new Uint8Array(32 * 1024);

function joined(before: string, middle: Uint8Array, after: string): Uint8Array {
  // A UTF-16 unit takes at most three bytes of UTF-8.
  const isShort = (before.length + after.length) * 3 <= scratch.length;
  const inScratch = isShort ? encoder.encodeInto(before + after, scratch).written : 0;
  const around = isShort ? scratch.subarray(0, inScratch) : encoder.encode(before + after);
  // Most texts have a byte for each unit.
  const length = around.length === before.length + after.length ? before.length : encoder.encode(before).length;
  const bytes = new Uint8Array(around.length + middle.length);
  bytes.set(around.subarray(0, length));
  bytes.set(middle, length);
  bytes.set(around.subarray(length), length + middle.length);
  return bytes;
}

function metadataText(metadata: ObjectMeta): string {
  const { managedFields } = metadata;
  if (!Array.isArray(managedFields)) return JSON.stringify(metadata);
  return textWith(metadata, "managedFields", `[${(managedFields as readonly ManagedFieldsEntry[]).map(entryText).join(",")}]`);
}

function entryText(entry: ManagedFieldsEntry): string {
  const { fieldsV1 } = entry;
  return fieldsV1 === undefined ? JSON.stringify(entry) : textWith(entry, "fieldsV1", keptText(fieldsV1));
}

/** An object as JSON, with this text for one of its members, which nearly always is the last. */
function textWith(object: object, member: string, text: string): string {
  let last = "";
  for (const name in object) last = name;
  if (last === member) {
    const rest = JSON.stringify({ ...object, [member]: undefined });
    return `${rest === "{}" ? "{" : `${rest.slice(0, -1)},`}${JSON.stringify(member)}:${text}}`;
  }
  const members: string[] = [];
  for (const name in object) {
    const value: unknown = object[name as keyof typeof object];
    if (value !== undefined) members.push(`${JSON.stringify(name)}:${name === member ? text : JSON.stringify(value)}`);
  }
  return `{${members.join(",")}}`;
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
