import * as clientNode from "@kubernetes/client-node";
import type { ObjectNode, SchemaNode } from "@kubets/machinery";
import { expect, test } from "vitest";
import { objectTypes } from "../testing/object-types.ts";

// An independent list of every type and field of v1.36, generated from upstream's OpenAPI document.

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}
const models = new Map(
  Object.entries(clientNode).flatMap(([name, model]) =>
    typeof model === "function" && "attributeTypeMap" in model ? [[name, model.attributeTypeMap as readonly Attribute[]] as const] : [],
  ),
);

test("every object type has the fields of the model in @kubernetes/client-node, of the same types", () => {
  const differences = [...objectTypes().values()].flatMap((node) => differencesOf(node));
  expect(differences).toEqual([]);
});

function differencesOf(node: ObjectNode): readonly string[] {
  const model = models.get(modelName(node.name)) ?? models.get(qualifiedModelName(node.name));
  // Of a type without fields the generator makes no model.
  if (model === undefined && Object.keys(node.fields()).length === 0) return [];
  if (model === undefined) return [`${node.name}: no model`];
  const expected = new Map(model.map(({ baseName, type }) => [baseName, type]));
  const fields = Object.entries(node.fields());
  const missing = [...expected.keys()].filter((name) => !fields.some(([each]) => each === name));
  return [
    ...missing.map((name) => `${node.name}.${name}: missing`),
    ...fields.flatMap(([name, field]) => {
      const type = expected.get(name);
      if (type === undefined) return [`${node.name}.${name}: not in the model`];
      const ours = typeName(field.schema.node);
      return ours.includes(type) ? [] : [`${node.name}.${name}: ${ours.join(" or ")}, the model has ${type}`];
    }),
  ];
}

/** `io.k8s.api.apps.v1.ReplicaSetSpec` → `V1ReplicaSetSpec`. */
function modelName(name: string): string {
  const [version = "", type = ""] = name.split(".").slice(-2);
  return `V${version.slice(1)}${type}`;
}

/** `io.k8s.api.core.v1.Event` → `CoreV1Event`, where several groups have a type of that name. */
function qualifiedModelName(name: string): string {
  const group = name.split(".").at(-3) ?? "";
  return `${group.charAt(0).toUpperCase()}${group.slice(1)}${modelName(name)}`;
}

/** What the model calls a type. Free-form objects have two names there. */
function typeName(node: SchemaNode): readonly string[] {
  switch (node.type) {
    case "object":
      return [modelName(node.name), qualifiedModelName(node.name), ...(Object.keys(node.fields()).length === 0 ? ["any"] : [])];
    case "list":
      return typeName(node.items).map((item) => `Array<${item}>`);
    case "map":
      return typeName(node.values).map((value) => `{ [key: string]: ${value}; }`);
    case "integer":
    case "number":
      return ["number"];
    case "boolean":
      return ["boolean"];
    case "string":
    case "bytes":
    case "quantity":
    case "duration":
      return ["string"];
    case "intOrString":
      return ["IntOrString"];
    case "time":
      return ["Date"];
    case "microTime":
      return ["V1MicroTime"];
    case "json":
    case "either":
      return ["any", "object"];
  }
}
