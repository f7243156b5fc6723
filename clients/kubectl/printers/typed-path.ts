import { type JsonPath, JsonPathError, parseJsonPath, parseRelaxedPath, type TemplateNode } from "@kubets/machinery";
import { CommandError } from "../errors.ts";

/** Reads a template that somebody typed. Throws a `CommandError` for one that can't be read. */
export function readTemplate(text: string): readonly TemplateNode[] {
  return typed(() => parseJsonPath(text));
}

/** Reads a path that somebody typed, as `--sort-by` and custom columns take it. Throws a `CommandError` for one that can't be read. */
export function readPath(text: string): JsonPath {
  return typed(() => parseRelaxedPath(text));
}

function typed<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (error instanceof JsonPathError) throw new CommandError(error.message);
    throw error;
  }
}
