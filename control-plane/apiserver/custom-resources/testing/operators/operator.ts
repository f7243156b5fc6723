import type { JSONSchemaProps } from "@kubets/api";
import type { SentDefinition } from "../cron-tabs.ts";

/**
 * A definition to the shape of a well-known sort of operator, with objects that it takes and objects that it doesn't. Shapes only:
 * nothing is copied from any operator.
 */
export interface Operator {
  readonly definition: SentDefinition;
  /** The version that the objects below are of. */
  readonly version: string;
  /** A spec that is valid, from which the others are made. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** What else is valid: changes to the spec (JSON merge patches), by what they are an example of. */
  readonly valid: Readonly<Record<string, unknown>>;
  /** What is not: a change, the field that is complained of, and how the complaint begins. */
  readonly invalid: Readonly<Record<string, readonly [change: unknown, field: string, message: string]>>;
  /** A change to an object that is there that a transition rule refuses. */
  readonly refusedUpdate: readonly [change: unknown, field: string, message: string];
  /** What a webhook makes of an object for a version; absent where only the version is written anew. */
  readonly convert?: (object: Readonly<Record<string, unknown>>, apiVersion: string) => Readonly<Record<string, unknown>>;
}

// Short words for what all of these schemas are made of.

export const integer = (minimum: number, maximum: number, rest: JSONSchemaProps = {}): JSONSchemaProps => ({
  type: "integer",
  minimum,
  maximum,
  ...rest,
});
export const text = (maxLength: number, rest: JSONSchemaProps = {}): JSONSchemaProps => ({ type: "string", maxLength, ...rest });
export const flag: JSONSchemaProps = { type: "boolean" };
export const choice = (...values: readonly string[]): JSONSchemaProps => ({ type: "string", enum: values });
export const struct = (properties: Readonly<Record<string, JSONSchemaProps>>, rest: JSONSchemaProps = {}): JSONSchemaProps => ({
  type: "object",
  properties,
  ...rest,
});
export const listOf = (items: JSONSchemaProps, maxItems: number, rest: JSONSchemaProps = {}): JSONSchemaProps => ({
  type: "array",
  items,
  maxItems,
  ...rest,
});
export const setOf = (items: JSONSchemaProps, maxItems: number): JSONSchemaProps =>
  listOf(items, maxItems, { "x-kubernetes-list-type": "set" });
export const mapByName = (items: JSONSchemaProps, maxItems: number): JSONSchemaProps =>
  listOf({ ...items, required: [...(items.required ?? []), "name"] }, maxItems, {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
  });
export const textMap = (maxProperties: number, maxLength: number): JSONSchemaProps => ({
  type: "object",
  additionalProperties: text(maxLength),
  maxProperties,
});
export const intOrString: JSONSchemaProps = { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] };
export const anything: JSONSchemaProps = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
export const selector: JSONSchemaProps = struct(
  {
    matchLabels: textMap(20, 63),
    matchExpressions: listOf(
      struct(
        { key: text(316), operator: choice("In", "NotIn", "Exists", "DoesNotExist"), values: listOf(text(63), 20) },
        { required: ["key", "operator"] },
      ),
      20,
      { "x-kubernetes-list-type": "atomic" },
    ),
  },
  { "x-kubernetes-map-type": "atomic" },
);

/** A status with conditions, as nearly all operators have. */
export const status: JSONSchemaProps = struct({
  observedGeneration: { type: "integer", format: "int64" },
  conditions: listOf(
    struct(
      {
        type: text(316),
        status: choice("True", "False", "Unknown"),
        reason: text(1024),
        message: text(32_768),
        lastTransitionTime: { type: "string", format: "date-time" },
      },
      { required: ["type", "status"] },
    ),
    20,
    { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] },
  ),
});
