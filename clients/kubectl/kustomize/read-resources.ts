import { parseYamlDocuments, StatusError } from "@kubets/machinery";
import { CommandError } from "../errors.ts";
import type { JsonObject } from "../json-object.ts";
import { idOf } from "./resource-id.ts";
import { type Resource, resourceOf } from "./resource.ts";
import { isEmpty, isMap, isMissing, textOf, WrittenScalar } from "./scalars.ts";

/** The text of a file is no YAML. */
export class MalformedYaml extends CommandError {}

/** The values of a text's documents, which keep how scalars were written. */
export function readDocuments(source: Uint8Array | string): readonly unknown[] {
  try {
    const documents = parseYamlDocuments(source, { dialect: "yaml.v3", keep: (value, text) => new WrittenScalar(value, text) });
    const duplicate = documents.flatMap(({ duplicates }) => duplicates)[0];
    if (duplicate !== undefined) throw new CommandError(withoutPrefix(duplicate));
    return documents.map(({ value }) => value);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new MalformedYaml(`MalformedYAMLError: ${withoutPrefix(error.message)}`, { cause: error });
  }
}

const withoutPrefix = (message: string): string => message.replace(/^error converting YAML to JSON: /, "");

/** The resources of a text; lists stand for their items. Throws a {@link CommandError} for what isn't one, a {@link MalformedYaml} for no YAML. */
export function readResources(source: Uint8Array | string): readonly Resource[] {
  return objectsOf(readDocuments(source)).map(resourceOf);
}

/** The objects that are meant by values of documents. */
export function objectsOf(values: readonly unknown[]): readonly JsonObject[] {
  // Lists within a list follow what comes after it, as upstream has it.
  const pending = values.length === 1 ? unwrapped(values[0]) : [...values];
  const objects: JsonObject[] = [];
  for (let value = pending.shift(); value !== undefined; value = pending.shift()) {
    if (isEmpty(value)) continue;
    const object = checked(value);
    const items = textOf(object["kind"]).endsWith("List") ? object["items"] : undefined;
    if (items === undefined) objects.push(object);
    else if (Array.isArray(items)) pending.push(...(items as readonly unknown[]));
    else if (!isMissing(items)) throw new CommandError(`expected array in ${textOf(object["kind"])}/items, but found ${typeof items}`);
  }
  return objects;
}

function unwrapped(value: unknown): unknown[] {
  if (isMap(value) && textOf(value["kind"]) === "List" && Array.isArray(value["items"])) return [...(value["items"] as readonly unknown[])];
  return [value];
}

function checked(value: unknown): JsonObject {
  if (!isMap(value)) throw new CommandError("wrong Node Kind for  expected: MappingNode was another: an object was expected");
  const { kind, name } = idOf(value);
  const meta = (): string => `{{${textOf(value["apiVersion"])} ${kind}} {{${name} ${idOf(value).namespace}} map[] map[]}}`;
  if (kind === "") throw new CommandError(`missing kind in object ${meta()}`);
  if (!kind.endsWith("List") && name === "") throw new CommandError(`missing metadata.name in object ${meta()}`);
  return value;
}
