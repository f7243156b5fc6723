import type { Field, SchemaNode } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { everyField, objectTypes } from "../testing/object-types.ts";
import { factsArePresent, readFact } from "../testing/upstream-facts.ts";

interface Property {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly items?: Property;
  readonly additionalProperties?: Property;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: string;
  readonly "x-kubernetes-patch-strategy"?: string;
  readonly "x-kubernetes-patch-merge-key"?: string;
}
interface Definition {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
  readonly "x-kubernetes-map-type"?: string;
}
type Message = Readonly<Record<string, readonly [number: number, type: string, repeated?: "rep"]>>;

/** Fields that the document requires although objects without them are stored: all metadata, and events of the older form. */
const requiredUpstreamOnly: ReadonlySet<string> = new Set(["io.k8s.api.core.v1.Event.metadata", "io.k8s.api.events.v1.Event.eventTime"]);

describe.skipIf(!factsArePresent)("beside upstream's facts (../shared/api)", () => {
  const definitions = factsArePresent
    ? (readFact("openapi/swagger-v1.36.json") as { readonly definitions: Readonly<Record<string, Definition>> }).definitions
    : {};
  const messages = factsArePresent ? (readFact("protobuf-fields.json") as Readonly<Record<string, Readonly<Record<string, Message>>>>) : {};

  test("every object type has the fields of its OpenAPI definition", () => {
    const differences = [...objectTypes().values()].flatMap((node) => {
      const expected = Object.keys(definitions[node.name]?.properties ?? {}).toSorted();
      const ours = Object.keys(node.fields()).toSorted();
      return expected.join() === ours.join() ? [] : [`${node.name}: ${symmetricDifference(expected, ours).join(", ")}`];
    });
    expect(differences).toEqual([]);
  });

  test("every field has the type, lists, keys and patch strategy of its OpenAPI definition", () => {
    const differences = everyField().flatMap(({ path, owner, name, field }) => {
      const property = definitions[owner]?.properties?.[name];
      return property === undefined ? [] : differencesBetween(path, factsOf(field), factsOfProperty(property));
    });
    expect(differences).toEqual([]);
  });

  test("the fields that the OpenAPI definitions require are required", () => {
    const differences = everyField().flatMap(({ path, owner, name, field }) => {
      if (requiredUpstreamOnly.has(path)) return [];
      const required = definitions[owner]?.required?.includes(name) ?? false;
      return required === field.required ? [] : [`${path}: ${field.required ? "required here only" : "required upstream only"}`];
    });
    expect(differences).toEqual([]);
  });

  test("objects are atomic where the OpenAPI definitions say so", () => {
    const differences = [...objectTypes().values()].filter(
      ({ name, atomic }) => atomic !== (definitions[name]?.["x-kubernetes-map-type"] === "atomic"),
    );
    expect(differences.map(({ name }) => name)).toEqual([]);
  });

  test("every field has its protobuf number", () => {
    const differences = everyField().flatMap(({ path, owner, name, field }) => {
      if (field.field === 0) return [];
      const message = messageOf(messages, field.embeddedIn?.message ?? owner);
      // A few names differ in capitals and signs, such as `Port`, `uid` and `x-kubernetes-list-type`.
      const plain = name.replaceAll(/[-$]/g, "").toLowerCase();
      const number = Object.entries(message ?? {}).find(([each]) => each.toLowerCase() === plain)?.[1][0];
      return number === field.field ? [] : [`${path}: ${field.field}, upstream ${number ?? "has none"}`];
    });
    expect(differences).toEqual([]);
  });
});

interface Facts {
  readonly type: string;
  readonly listType: string | undefined;
  readonly mapKeys: string;
  readonly mapType: string | undefined;
  readonly patchStrategy: string | undefined;
  readonly mergeKey: string | undefined;
}

function factsOf(field: Field<unknown>): Facts {
  return {
    type: typeOf(field.schema.node),
    listType: field.listType,
    mapKeys: (field.mapKeys ?? []).join(),
    mapType: field.mapType,
    patchStrategy: field.patchStrategy,
    mergeKey: field.mergeKey,
  };
}

function factsOfProperty(property: Property): Facts {
  return {
    type: typeOfProperty(property),
    listType: property["x-kubernetes-list-type"],
    mapKeys: (property["x-kubernetes-list-map-keys"] ?? []).join(),
    mapType: property["x-kubernetes-map-type"],
    patchStrategy: property["x-kubernetes-patch-strategy"],
    mergeKey: property["x-kubernetes-patch-merge-key"],
  };
}

function differencesBetween(path: string, ours: Facts, upstream: Facts): readonly string[] {
  return (Object.keys(ours) as (keyof Facts)[])
    .filter((fact) => ours[fact] !== upstream[fact])
    .map((fact) => `${path}: ${fact} ${ours[fact]}, upstream ${upstream[fact]}`);
}

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const api = "io.k8s.apimachinery.pkg";

function typeOf(node: SchemaNode): string {
  switch (node.type) {
    case "object":
      return node.name;
    case "list":
      return `list of ${typeOf(node.items)}`;
    case "map":
      return `map of ${typeOf(node.values)}`;
    case "integer":
      return `int${node.bits}`;
    case "number":
      return "double";
    case "bytes":
      return "byte";
    case "quantity":
      return `${api}.api.resource.Quantity`;
    case "intOrString":
      return `${api}.util.intstr.IntOrString`;
    case "time":
      return `${meta}.Time`;
    case "microTime":
      return `${meta}.MicroTime`;
    case "duration":
      return `${meta}.Duration`;
    case "json":
      return "json";
    case "either":
      return node.name;
    case "string":
    case "boolean":
      return node.type;
  }
}

const freeForm: ReadonlySet<string> = new Set([
  `${meta}.FieldsV1`,
  `${api}.runtime.RawExtension`,
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
]);

function typeOfProperty({ $ref, type, format, items, additionalProperties }: Property): string {
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf("/") + 1);
    return freeForm.has(name) ? "json" : name;
  }
  if (items !== undefined) return `list of ${typeOfProperty(items)}`;
  if (additionalProperties !== undefined) return `map of ${typeOfProperty(additionalProperties)}`;
  return format ?? type ?? "json";
}

/** `io.k8s.api.apps.v1.ReplicaSetSpec` → the message `ReplicaSetSpec` of the package `k8s.io.api.apps.v1`. */
function messageOf(messages: Readonly<Record<string, Readonly<Record<string, Message>>>>, name: string): Message | undefined {
  const parts = name.split(".");
  return messages[`k8s.io.${parts.slice(2, -1).join(".").replaceAll("-", "_")}`]?.[parts.at(-1) ?? ""];
}

function symmetricDifference(left: readonly string[], right: readonly string[]): readonly string[] {
  return [...left.filter((each) => !right.includes(each)), ...right.filter((each) => !left.includes(each))];
}
