import type { SchemaNode } from "./schema.ts";

/**
 * The name of a schema's type in Go, as upstream's decoder names it in its complaints: clients and people know these texts.
 *
 * @example
 * goTypeOf(listOf(string).node); // => "[]string"
 */
export function goTypeOf(node: SchemaNode): string {
  switch (node.type) {
    case "object":
      return goObjectType(node.name);
    case "map":
      return `map[string]${goTypeOf(node.values)}`;
    case "list":
      return `[]${goTypeOf(node.items)}`;
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "integer":
      return `int${node.bits}`;
    case "number":
      return "float64";
    case "bytes":
      return "[]uint8";
    case "quantity":
      return "resource.Quantity";
    case "intOrString":
      return "intstr.IntOrString";
    case "time":
      return "v1.Time";
    case "microTime":
      return "v1.MicroTime";
    case "duration":
      return "v1.Duration";
    case "json":
      return node.object ? "map[string]interface {}" : "interface {}";
    case "either":
      return goObjectType(node.name);
  }
}

/** `io.k8s.api.apps.v1.ReplicaSetSpec` → `v1.ReplicaSetSpec`. */
function goObjectType(name: string): string {
  return name.split(".").slice(-2).join(".");
}

/** `io.k8s.api.apps.v1.ReplicaSetSpec` → `ReplicaSetSpec`. */
export function goStructName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** What upstream's decoder calls a JSON value. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
      return "number";
    case "string":
      return "string";
    default:
      return "object";
  }
}
