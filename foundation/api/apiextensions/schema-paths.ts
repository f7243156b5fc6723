import type { JSONSchemaProps } from "./json-schema-props.ts";
import { isObject } from "./structural/schema-forms.ts";

/** Where a path such as `.spec.color` or `.spec['a.b']` leads in the values of a schema. */
export type SchemaAtPath =
  | { readonly steps: readonly string[]; readonly schema: JSONSchemaProps; readonly field: string }
  | { readonly problem: string };

/** Follows a path through the properties of a schema. `field` is the path as field errors write it. */
export function schemaAtPath(
  schema: JSONSchemaProps,
  path: string,
  { arrayNotation = true }: { readonly arrayNotation?: boolean } = {},
): SchemaAtPath {
  let at = schema;
  let field = "";
  const steps: string[] = [];
  let rest = path;
  while (rest !== "") {
    let name: string;
    if (rest.startsWith("[")) {
      if (!arrayNotation) return { problem: "array notation is not allowed" };
      const quoted = /^\['(?<name>(?:[^'\\]|\\.)*)'\]/s.exec(rest);
      if (quoted?.groups === undefined) {
        const token = /^\[(?<token>'[^']*'?|[^.[\]]+|.)?/s.exec(rest)?.groups?.["token"];
        return { problem: token === undefined ? "unexpected end of JSON path" : `expected single quoted string but got ${token}` };
      }
      name = quoted.groups["name"]!.replaceAll(/\\(.)/gs, "$1");
      rest = rest.slice(quoted[0].length);
    } else if (rest.startsWith(".")) {
      const token = /^\.(?<name>[^.[\]]+|.)?/s.exec(rest)!;
      if (token.groups?.["name"] === undefined) return { problem: "unexpected end of JSON path" };
      name = token.groups["name"];
      rest = rest.slice(token[0].length);
    } else return { problem: `expected [ or . but got: ${/^[^.[\]]+|^./s.exec(rest)![0]}` };
    const { properties = {}, additionalProperties }: JSONSchemaProps = at;
    const isNamed = Object.keys(properties).length > 0;
    const inner = isNamed
      ? Object.hasOwn(properties, name)
        ? properties[name]
        : undefined
      : isObject(additionalProperties)
        ? additionalProperties
        : undefined;
    if (inner === undefined) return { problem: "does not refer to a valid field" };
    field = isNamed ? (field === "" ? name : `${field}.${name}`) : `${field}[${name}]`;
    steps.push(name);
    at = inner as JSONSchemaProps;
  }
  return { steps, schema: at, field };
}
