import {
  type CustomResourceSubresourceScale,
  type JSONSchemaProps,
  hasRules,
  validateEmbedded,
  validateListTypes,
  validateRules,
  validateValue,
} from "@kubets/api";
import { apiVersionOf, type FieldError, invalid, isQualifiedName, type Kind, StatusError, type Strategy } from "@kubets/machinery";
import { validateScale } from "./scale-paths.ts";
import type { CustomObject } from "./stored-kind.ts";

export interface CustomStrategyOptions {
  readonly schema: JSONSchemaProps;
  readonly identity: Pick<Kind, "group" | "version" | "kind">;
  /** The definition is being deleted: nothing new may come. */
  readonly isTerminating: boolean;
  readonly scale: CustomResourceSubresourceScale | undefined;
}

/** What may be written of the objects of a version. */
export function customStrategy({ schema, identity, isTerminating, scale }: CustomStrategyOptions): Strategy<CustomObject> {
  const statusSchema = schema.properties?.["status"];
  const statusErrors = ({ status }: CustomObject, { status: before }: CustomObject): readonly FieldError[] => {
    if (status === undefined || statusSchema === undefined) return [];
    return validateValue(statusSchema, status, { root: "status", ...(before === undefined ? {} : { previous: { value: before } }) });
  };
  /** What is wrong with an object besides its values; with lists only where it wasn't so before. */
  const judged = (
    object: CustomObject,
    previous: CustomObject | undefined,
    valueErrors: () => readonly FieldError[],
    part: "status" | "whole" = "whole",
  ): readonly FieldError[] => {
    const type = validateType(object, identity);
    if (type.length > 0) return type;
    const errors = [
      ...valueErrors(),
      ...(scale === undefined ? [] : validateScale(object, scale, { withSpec: part === "whole" })),
      ...validateEmbedded(schema, object),
      ...(previous !== undefined && validateListTypes(schema, previous).length > 0 ? [] : validateListTypes(schema, object)),
    ];
    return withRules(errors, schema, object, previous);
  };
  return {
    generation: true,
    unconditionalUpdate: false,
    prepareForCreate(object) {
      if (isTerminating)
        throw new StatusError(405, "MethodNotAllowed", "create not allowed while custom resource definition is terminating");
      return object;
    },
    validateCreate: (object) => judged(object, undefined, () => validateValue(schema, object)),
    validateUpdate: (object, previous) => judged(object, previous, () => validateValue(schema, object, { previous: { value: previous } })),
    validateStatusUpdate: (object, previous) => judged(object, previous, () => statusErrors(object, previous), "status"),
    warnings: (object, previous) => finalizerWarnings(object, previous),
  };
}

const blocking: ReadonlySet<FieldError["type"]> = new Set<FieldError["type"]>([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

/** What is wrong with an object, and the rules that it breaks: those are only asked of values that are of the types that they speak of. */
function withRules(
  errors: readonly FieldError[],
  schema: JSONSchemaProps,
  object: CustomObject,
  previous?: CustomObject,
): readonly FieldError[] {
  if (!hasRules(schema)) return errors;
  if (errors.some(({ type }) => blocking.has(type))) {
    const notChecked =
      "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
    return [...errors, invalid("<nil>", null, notChecked)];
  }
  return [...errors, ...validateRules(schema, object, previous === undefined ? {} : { previous: { value: previous } })];
}

function validateType(object: CustomObject, identity: CustomStrategyOptions["identity"]): readonly FieldError[] {
  const apiVersion = apiVersionOf(identity);
  return [
    ...(object.kind === identity.kind ? [] : [invalid("kind", object.kind, `must be ${identity.kind}`)]),
    ...(object.apiVersion === apiVersion ? [] : [invalid("apiVersion", object.apiVersion, `must be ${apiVersion}`)]),
  ];
}

const standardFinalizers: ReadonlySet<string> = new Set(["orphan", "foregroundDeletion", "kubernetes"]);

/** Names of finalizers that other writers could choose as well. */
function finalizerWarnings({ metadata }: CustomObject, previous?: CustomObject): readonly string[] {
  const before = new Set(previous?.metadata.finalizers);
  const added = [...new Set(metadata.finalizers)].filter((name) => !before.has(name)).sort();
  return added.flatMap((name) => {
    const say = (text: string): string => `metadata.finalizers: ${JSON.stringify(name)}: ${text}`;
    const path = name.includes(".") ? " including a path (/)" : "";
    return [
      ...isQualifiedName(name).map(say),
      ...(name.includes("/") || standardFinalizers.has(name)
        ? []
        : [say(`prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`)]),
    ];
  });
}
