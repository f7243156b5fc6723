import { type Decoded, type DecodeOptions, decodeObject, encodeObject } from "./decode.ts";
import { applyDefaults } from "./defaults.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { FieldError } from "./field-errors.ts";
import type { Kind } from "./kind.ts";
import { knownSpec, meetSpec } from "./known-specs.ts";
import type { KubernetesObject } from "./meta.ts";
import { jsonFieldsOf } from "./schema-fields.ts";
import type { SchemaNode } from "./schema.ts";
import { validateSchema } from "./validate.ts";

/** What these functions need to know of a kind. */
export type ValuedKind<T extends KubernetesObject> = Pick<Kind<T>, "schema" | "values">;

/** {@link decodeObject} for an object of any kind, whether it is declared in the program or at run time. */
export function decodeAsKind<T extends KubernetesObject>(
  { schema, values }: ValuedKind<T>,
  value: unknown,
  options?: DecodeOptions,
): Decoded<T> {
  return values === undefined ? decodeObject(schema, value, options) : values.decode(value);
}

/** {@link encodeObject} for an object of any kind. */
export function encodeAsKind<T extends KubernetesObject>({ schema, values }: ValuedKind<T>, object: T): T {
  return values === undefined ? encodeObject(schema, object) : values.encode(object);
}

/** {@link applyDefaults} for an object of any kind. */
export function completeAsKind<T extends KubernetesObject>({ schema, values }: ValuedKind<T>, object: T, complete?: T): T {
  return values === undefined ? applyDefaults(schema, object, complete) : values.complete(object);
}

/** {@link validateSchema} for an object of any kind; the strategy of one that is declared at run time looks at its whole. */
export function validateAsKind<T extends KubernetesObject>({ schema, values }: ValuedKind<T>, object: T): readonly FieldError[] {
  return values === undefined ? validateSchema(schema, object) : [];
}

/**
 * A complete object with the spec that objects of its kind were met with before, where it says the same: what is known of it need not be
 * found out again, and they share its memory. Deep-frozen, as what is written ever is.
 */
export function withMetSpec<T extends KubernetesObject>({ schema, values }: ValuedKind<T>, object: T): T {
  const node = values === undefined ? specNodeOf(schema.node) : undefined;
  if (node === undefined) return object;
  const { spec } = object as { readonly spec?: unknown };
  const known = meetSpec(node, spec, (given) => {
    const written = deepFreeze(encodeObject({ node }, given));
    return { written, complete: deepFreeze(applyDefaults({ node }, written)) };
  });
  return known === undefined || known.complete === spec ? object : { ...object, spec: known.complete };
}

/** The JSON of a spec as it is written, where it is at hand. */
export function textOfSpec(schema: SchemaNode, spec: unknown): string | undefined {
  const node = specNodeOf(schema);
  return node === undefined ? undefined : knownSpec(node, spec)?.text;
}

const specNodes = new WeakMap<SchemaNode, { readonly node: SchemaNode | undefined }>();

function specNodeOf(schema: SchemaNode): SchemaNode | undefined {
  let found = specNodes.get(schema);
  if (found === undefined) {
    const node = schema.type === "object" ? jsonFieldsOf(schema).find(({ name }) => name === "spec")?.node : undefined;
    specNodes.set(schema, (found = { node: node?.type === "object" ? node : undefined }));
  }
  return found.node;
}
