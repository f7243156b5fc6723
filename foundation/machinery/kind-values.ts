import { type Decoded, type DecodeOptions, decodeObject, encodeObject } from "./decode.ts";
import { applyDefaults } from "./defaults.ts";
import type { FieldError } from "./field-errors.ts";
import type { Kind } from "./kind.ts";
import type { KubernetesObject } from "./meta.ts";
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
