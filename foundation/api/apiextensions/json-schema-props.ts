import {
  boolean,
  either,
  field,
  flag,
  integer,
  json,
  list,
  listOf,
  map,
  object,
  type Schema,
  double,
  string,
  struct,
  text,
} from "@kubets/machinery";

/**
 * A schema of the values of custom resources: JSON Schema as OpenAPI v3 has it, with the extensions of Kubernetes. It may be any of what the
 * type admits; what a server takes is said by the rules of CustomResourceDefinitions.
 */
export interface JSONSchemaProps {
  readonly id?: string;
  readonly $schema?: string;
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly title?: string;
  readonly default?: unknown;
  readonly maximum?: number;
  readonly exclusiveMaximum?: boolean;
  readonly minimum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly multipleOf?: number;
  readonly enum?: readonly unknown[];
  readonly maxProperties?: number;
  readonly minProperties?: number;
  readonly required?: readonly string[];
  readonly items?: JSONSchemaProps | readonly JSONSchemaProps[];
  readonly allOf?: readonly JSONSchemaProps[];
  readonly oneOf?: readonly JSONSchemaProps[];
  readonly anyOf?: readonly JSONSchemaProps[];
  readonly not?: JSONSchemaProps;
  readonly properties?: Readonly<Record<string, JSONSchemaProps>>;
  readonly additionalProperties?: JSONSchemaProps | boolean;
  readonly patternProperties?: Readonly<Record<string, JSONSchemaProps>>;
  readonly dependencies?: Readonly<Record<string, JSONSchemaProps | readonly string[]>>;
  readonly additionalItems?: JSONSchemaProps | boolean;
  readonly definitions?: Readonly<Record<string, JSONSchemaProps>>;
  readonly externalDocs?: ExternalDocumentation;
  readonly example?: unknown;
  readonly nullable?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-map-type"?: string;
  readonly "x-kubernetes-validations"?: readonly ValidationRule[];
}

/** Where more about a schema is written. */
export interface ExternalDocumentation {
  readonly description?: string;
  readonly url?: string;
}

/** A rule in CEL that the values of a schema must keep. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/** What the names of the group's OpenAPI definitions begin with. */
export const apiextensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1";

const externalDocumentation: Schema<ExternalDocumentation> = object<ExternalDocumentation>(
  `${apiextensions}.ExternalDocumentation`,
  "Where more about a schema is written.",
  {
    description: text({ field: 1, doc: "What is found there." }),
    url: text({ field: 2, doc: "Where it is." }),
  },
);

const validationRule: Schema<ValidationRule> = object<ValidationRule>(
  `${apiextensions}.ValidationRule`,
  "A rule in CEL that the values of a schema must keep.",
  {
    rule: text({
      field: 1,
      required: true,
      mayBeEmpty: true,
      doc: "The rule: true for values that keep it. `self` is the value, `oldSelf` what it was.",
    }),
    message: text({ field: 2, doc: "What is said of a value that breaks the rule." }),
    messageExpression: text({ field: 3, doc: "What is said of a value that breaks the rule, as an expression; before message." }),
    reason: text({
      field: 4,
      presence: "pointer",
      doc: "Why a value that breaks the rule is refused: FieldValueInvalid, FieldValueForbidden, FieldValueRequired or FieldValueDuplicate.",
    }),
    fieldPath: text({ field: 5, doc: "The field below the value that is named as the one that breaks the rule." }),
    optionalOldSelf: flag({
      field: 6,
      presence: "pointer",
      doc: "The rule is looked at also where there was no value before: oldSelf is then an optional.",
    }),
  },
);

const schemaOf = (): Schema<JSONSchemaProps> => jsonSchemaProps;

const orArray: Schema<JSONSchemaProps | readonly JSONSchemaProps[]> = either(
  `${apiextensions}.JSONSchemaPropsOrArray`,
  { field: 1, schema: schemaOf },
  { field: 2, schema: () => listOf(jsonSchemaProps) },
);
const orBoolean: Schema<JSONSchemaProps | boolean> = either(
  `${apiextensions}.JSONSchemaPropsOrBool`,
  { field: 2, schema: schemaOf },
  { field: 1, schema: () => boolean },
);
const stringList: Schema<readonly string[]> = listOf(string);
const orStringArray: Schema<JSONSchemaProps | readonly string[]> = either(
  `${apiextensions}.JSONSchemaPropsOrStringArray`,
  { field: 1, schema: schemaOf },
  { field: 2, schema: () => stringList },
);

export const jsonSchemaProps: Schema<JSONSchemaProps> = object<JSONSchemaProps>(
  `${apiextensions}.JSONSchemaProps`,
  "A schema of values, as OpenAPI v3 has it.",
  () => ({
    id: text({ field: 1, doc: "Not supported." }),
    $schema: text({ field: 2, doc: "Not supported." }),
    $ref: text({ field: 3, presence: "pointer", doc: "Not supported." }),
    description: text({ field: 4, doc: "What the value means." }),
    type: text({ field: 5, doc: "The type of the value: object, array, string, integer, number or boolean." }),
    format: text({ field: 6, doc: "The form of a text or number, such as date-time; forms that aren't known are not looked at." }),
    title: text({ field: 7, doc: "A short name of the schema." }),
    default: field(json, { field: 8, presence: "pointer", doc: "What stands for the value where it is left out." }),
    maximum: field(double, { field: 9, presence: "pointer", doc: "The greatest number." }),
    exclusiveMaximum: flag({ field: 10, doc: "The number must be less than maximum." }),
    minimum: field(double, { field: 11, presence: "pointer", doc: "The least number." }),
    exclusiveMinimum: flag({ field: 12, doc: "The number must be greater than minimum." }),
    maxLength: integer({ field: 13, presence: "pointer", bits: 64, doc: "How many characters the text may have." }),
    minLength: integer({ field: 14, presence: "pointer", bits: 64, doc: "How many characters the text must have." }),
    pattern: text({ field: 15, doc: "A regular expression that is found in the text." }),
    maxItems: integer({ field: 16, presence: "pointer", bits: 64, doc: "How many items the list may have." }),
    minItems: integer({ field: 17, presence: "pointer", bits: 64, doc: "How many items the list must have." }),
    uniqueItems: flag({ field: 18, doc: "Not supported: use x-kubernetes-list-type." }),
    multipleOf: field(double, { field: 19, presence: "pointer", doc: "A number of which the value is a whole multiple." }),
    enum: list(json, { field: 20, listType: "atomic", doc: "The values that are allowed." }),
    maxProperties: integer({ field: 21, presence: "pointer", bits: 64, doc: "How many fields the object may have." }),
    minProperties: integer({ field: 22, presence: "pointer", bits: 64, doc: "How many fields the object must have." }),
    required: list(string, { field: 23, listType: "atomic", doc: "The fields that the object must have." }),
    items: field(orArray, { field: 24, presence: "pointer", doc: "The schema of the list's items." }),
    allOf: list(jsonSchemaProps, { field: 25, listType: "atomic", doc: "Schemas that the value must all keep." }),
    oneOf: list(jsonSchemaProps, { field: 26, listType: "atomic", doc: "Schemas of which the value must keep exactly one." }),
    anyOf: list(jsonSchemaProps, { field: 27, listType: "atomic", doc: "Schemas of which the value must keep at least one." }),
    not: struct(jsonSchemaProps, { field: 28, presence: "pointer", doc: "A schema that the value must not keep." }),
    properties: map(jsonSchemaProps, { field: 29, doc: "The schemas of the object's fields." }),
    additionalProperties: field(orBoolean, {
      field: 30,
      presence: "pointer",
      doc: "The schema of the fields that properties doesn't name, or whether there may be such.",
    }),
    patternProperties: map(jsonSchemaProps, { field: 31, doc: "Not supported." }),
    dependencies: map(orStringArray, { field: 32, doc: "Not supported." }),
    additionalItems: field(orBoolean, { field: 33, presence: "pointer", doc: "Not supported." }),
    definitions: map(jsonSchemaProps, { field: 34, doc: "Not supported." }),
    externalDocs: struct(externalDocumentation, { field: 35, presence: "pointer", doc: "Where more is written." }),
    example: field(json, { field: 36, presence: "pointer", doc: "A value that keeps the schema." }),
    nullable: flag({ field: 37, doc: "The value may be null." }),
    "x-kubernetes-preserve-unknown-fields": flag({ field: 38, presence: "pointer", doc: "Fields that the schema doesn't name are kept." }),
    "x-kubernetes-embedded-resource": flag({ field: 39, doc: "The value is an object of some kind, with its own metadata." }),
    "x-kubernetes-int-or-string": flag({ field: 40, doc: "The value is a whole number or a text." }),
    "x-kubernetes-list-map-keys": list(string, {
      field: 41,
      listType: "atomic",
      doc: "The fields by which the items of a list of the type map are told apart.",
    }),
    "x-kubernetes-list-type": text({ field: 42, presence: "pointer", doc: "How the list is merged: atomic, set or map." }),
    "x-kubernetes-map-type": text({ field: 43, presence: "pointer", doc: "How the object is merged: granular or atomic." }),
    "x-kubernetes-validations": list(validationRule, {
      field: 44,
      listType: "map",
      mapKeys: ["rule"],
      patchStrategy: "merge",
      mergeKey: "rule",
      doc: "Rules in CEL that the value must keep.",
    }),
  }),
);
