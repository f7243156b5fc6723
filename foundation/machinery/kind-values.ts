import { type Decoded, type DecodeOptions, decodeObject, encodeObject } from "./decode.ts";
import { applyDefaults } from "./defaults.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { FieldError } from "./field-errors.ts";
import type { Kind } from "./kind.ts";
import { knownSpec, RecentSpecs } from "./known-specs.ts";
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
 *
 * `given` is what it was completed from: the text of its spec, where that is at hand ({@link readSpecFrom}), is known from now on.
 */
export function withMetSpec<T extends KubernetesObject>(kind: ValuedKind<T>, object: T, given: KubernetesObject = object): T {
  const specs = specsOf(kind);
  if (specs === undefined) return object;
  const { spec } = object as { readonly spec?: unknown };
  const { node } = specs;
  const known = specs.recent.meet(spec, (met) => {
    const written = deepFreeze(encodeObject({ node }, met));
    return { written, complete: deepFreeze(applyDefaults({ node }, written)) };
  });
  if (known === undefined) return object;
  const { spec: source } = given as { readonly spec?: unknown };
  const text = typeof source === "object" && source !== null ? texts.get(source) : undefined;
  if (text !== undefined) specs.recent.learn(text, known);
  return known.complete === spec ? object : { ...object, spec: known.complete };
}

/** The texts that specs on their way in were read from, where they say nothing else. */
const texts = new WeakMap<object, string>();

/** Says which JSON text the object's spec was read from, without anything unknown or twice in it. */
export function readSpecFrom(text: string, object: KubernetesObject): void {
  const { spec } = object as { readonly spec?: unknown };
  if (typeof spec === "object" && spec !== null && !Object.isFrozen(spec)) texts.set(spec, text);
}

/** The spec, as it is written, that objects of the kind were met with that had this text for it: with its defaults it is the one that they got. */
export function specSaidBy<T extends KubernetesObject>(kind: ValuedKind<T>, text: string): object | undefined {
  return specsOf(kind)?.recent.said(text)?.written;
}

/** The JSON of a spec as it is written, where it is at hand. It is shared, and must not be changed. */
export function bytesOfSpec(schema: SchemaNode, spec: unknown): Uint8Array | undefined {
  const node = specNodeOf(schema);
  return node === undefined ? undefined : knownSpec(node, spec)?.bytes;
}

interface Specs {
  readonly node: SchemaNode;
  readonly recent: RecentSpecs;
}

/** Of the kinds that have a spec and are declared in the program, each by its schema. */
const specsOfKinds = new WeakMap<SchemaNode, Specs | { readonly node: undefined }>();

function specsOf<T extends KubernetesObject>({ schema, values }: ValuedKind<T>): Specs | undefined {
  if (values !== undefined) return undefined;
  let specs = specsOfKinds.get(schema.node);
  if (specs === undefined) {
    const node = specNodeOf(schema.node);
    specsOfKinds.set(schema.node, (specs = node === undefined ? { node } : { node, recent: new RecentSpecs(node) }));
  }
  return specs.node === undefined ? undefined : specs;
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
