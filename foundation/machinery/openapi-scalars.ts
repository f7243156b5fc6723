import type { OpenApiSchema } from "./openapi.ts";
import type { SchemaNode } from "./schema.ts";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";

/** The name of a type's OpenAPI definition; `undefined` for one that is written where it is used. */
export function definitionName(node: SchemaNode): string | undefined {
  switch (node.type) {
    case "object":
      return node.name;
    case "quantity":
      return "io.k8s.apimachinery.pkg.api.resource.Quantity";
    case "intOrString":
      return "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
    case "time":
      return `${meta}.Time`;
    case "microTime":
      return `${meta}.MicroTime`;
    case "duration":
      return `${meta}.Duration`;
    case "json":
      if (node.name !== undefined) return node.name;
      return node.object ? "io.k8s.apimachinery.pkg.runtime.RawExtension" : "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON";
    case "either":
      return node.name;
    default:
      return undefined;
  }
}

/** The definition of a type that is no object to the schema, but has a name of its own. */
export function scalarDefinition(node: SchemaNode, dialect: "v2" | "v3"): OpenApiSchema {
  switch (node.type) {
    case "quantity":
      return {
        description:
          "A number with a unit: 250m is a quarter, 1k a thousand, 1Ki 1024. Whole or with a fraction, or with an exponent (1e3).",
        ...(dialect === "v3" ? { oneOf: [{ type: "string" }, { type: "number" }] } : { type: "string" }),
      };
    case "intOrString":
      return {
        description: "A number, or a text such as a percentage or the name of a port.",
        format: "int-or-string",
        ...(dialect === "v3" ? { oneOf: [{ type: "integer" }, { type: "string" }] } : { type: "string" }),
      };
    case "time":
      return { description: "A moment, to the second, as RFC 3339 writes it.", format: "date-time", type: "string" };
    case "microTime":
      return { description: "A moment, to the microsecond, as RFC 3339 writes it.", format: "date-time", type: "string" };
    case "duration":
      return { description: "A length of time, such as 1h30m.", type: "string" };
    case "json":
      return node.object ? { description: "An object of any kind.", type: "object" } : { description: "Any JSON value." };
    case "either":
      return { description: "An object, or a value of another form." };
    default:
      throw new TypeError(`A schema of type ${node.type} has no definition of its own`);
  }
}
