/**
 * The wire schema of an API type, written by hand beside its TypeScript interface and checked against it by the compiler:
 * a missing, extra, mistyped or wrongly optional field is a compile error.
 *
 * An entry is present as read (not optional in the interface) exactly when it is `required` or has a `default`. Interfaces
 * name their defaulted fields once, in the phantom member {@link defaulted}, from which {@link Draft} is made:
 *
 * @example
 * interface ReplicaSetSpec {
 *   readonly [defaulted]?: "replicas";
 *   readonly replicas: number;
 *   readonly selector: LabelSelector;
 * }
 * const replicaSetSpec: Schema<ReplicaSetSpec> = object<ReplicaSetSpec>("io.k8s.api.apps.v1.ReplicaSetSpec", "…", {
 *   replicas: integer({ field: 1, presence: "pointer", default: 1, minimum: 0, doc: "How many Pods should run." }),
 *   selector: struct(labelSelector, { field: 2, presence: "pointer", required: true, doc: "Which Pods belong to it." }),
 * });
 */

/** Key of the phantom member that names the fields of an interface that have a default. Never present at run time. */
export declare const defaulted: unique symbol;
declare const valueOf: unique symbol;

/** What a client may send for `T`: fields with a default, and all of `status`, may be left out. */
export type Draft<T> = T extends readonly (infer Item)[]
  ? readonly Draft<Item>[]
  : T extends object
    ? { readonly [K in keyof T as K extends symbol | DefaultedOf<T> ? never : K]: Draft<T[K]> } & {
        readonly [K in Extract<keyof T, DefaultedOf<T>>]?: Draft<T[K]>;
      }
    : T;

type DefaultedOf<T> = T extends { readonly [defaulted]?: infer Names } ? Extract<Names, string> : never;

export interface Schema<T> {
  readonly node: SchemaNode;
  /** Phantom: makes `Schema<T>` invariant in `T`. */
  readonly [valueOf]?: (value: T) => T;
}

export type SchemaNode =
  | ObjectNode
  | { readonly type: "map"; readonly values: SchemaNode }
  | { readonly type: "list"; readonly items: SchemaNode }
  | ScalarNode;

export interface ObjectNode {
  readonly type: "object";
  /** The OpenAPI definition, such as `io.k8s.api.apps.v1.ReplicaSetSpec`; the protobuf message follows from it. */
  readonly name: string;
  readonly doc: string;
  /** In the order in which upstream writes them. A function where types are recursive. */
  readonly fields: () => Readonly<Record<string, Field<unknown>>>;
  /** Replaced as a whole by apply. */
  readonly atomic: boolean;
  /** Fields of which one at most is set, as OpenAPI tells them. */
  readonly union?: Union;
  /** Fields that OpenAPI calls required although objects without them are kept, from before they were. */
  readonly requiredInDocument?: readonly string[];
  /** How OpenAPI writes the type where that doesn't follow from its fields: schemas that users wrote. */
  readonly openApi?: WrittenSchema;
}

/** Fields of which one at most is set; `discriminator` is the field that says which. */
export interface Union {
  readonly discriminator?: string;
  readonly fields: readonly string[];
}

/** A schema that is written as its author wrote it. */
export interface WrittenSchema {
  readonly v2: () => Readonly<Record<string, unknown>>;
  readonly v3: () => Readonly<Record<string, unknown>>;
  /** The types that it refers to by name. */
  readonly references: readonly SchemaNode[];
}

export type ScalarNode =
  | { readonly type: "string"; readonly enum?: readonly string[] }
  | { readonly type: "boolean" }
  | { readonly type: "integer"; readonly bits: 32 | 64 }
  | { readonly type: "number" }
  /** Base64 text in JSON. */
  | { readonly type: "bytes" }
  | { readonly type: "quantity" }
  | { readonly type: "intOrString" }
  | { readonly type: "time" }
  | { readonly type: "microTime" }
  /** Go's duration text, such as `1h30m0s`. */
  | { readonly type: "duration" }
  /**
   * Any JSON value, kept as it is; `object` admits objects only. `name` is the OpenAPI definition: that of RawExtension (objects) or
   * JSON (any value) when absent. `granular`: apply merges its maps key by key, as it does where a custom resource keeps unknown fields;
   * otherwise it is replaced as a whole.
   */
  | { readonly type: "json"; readonly object: boolean; readonly name?: string; readonly granular?: boolean }
  | EitherNode;

/**
 * An object of one type, or a value of another that is none: `items` of a JSON schema is a schema or a list of them. `name` is the
 * OpenAPI definition; in protobuf it is a message with a field for each form.
 */
export interface EitherNode {
  readonly type: "either";
  readonly name: string;
  /** A function, because such types hold themselves. */
  readonly object: () => ObjectNode;
  readonly objectField: number;
  readonly other: () => SchemaNode;
  readonly otherField: number;
}

/** What a schema entry says of a field, whatever its type. */
export interface FieldFacts {
  /** The protobuf field number. */
  readonly field: number;
  /** One line in our own words, as `explain` shows it. */
  readonly doc: string;
  /**
   * `pointer`: upstream's type is a pointer, so an explicit zero (`0`, `""`, `false`, `{}`) is kept and told from absence.
   * `value` (the default): a zero is dropped from what is written, unless the field is `required`, which always is written.
   */
  readonly presence?: "pointer" | "value";
}

/** One entry of an object's schema. `Present`: not optional in the interface as read. */
export interface Field<T, Present extends boolean = boolean> extends FieldFacts {
  readonly schema: Schema<T>;
  readonly required: boolean;
  /** A plain JSON value. For an object, its own defaults are filled in on top. */
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  /** How the server merges the list on apply; `atomic` when absent. */
  readonly listType?: "atomic" | "set" | "map";
  /** The keys of an associative list (`listType: "map"`). */
  readonly mapKeys?: readonly string[];
  /** Replaced as a whole by apply, although a map or object. */
  readonly mapType?: "atomic" | "granular";
  /** Strategic merge patch: how, and by which key of the items. */
  readonly patchStrategy?: "merge" | "replace" | "retainKeys" | "merge,retainKeys";
  readonly mergeKey?: string;
  /** Inlined in JSON: the fields of the nested object stand in the enclosing one (embedded Go structs, such as Probe's handler). */
  readonly inline?: boolean;
  /** Set by {@link embedded}: the protobuf message that holds this field, which stands in the enclosing object in JSON. */
  readonly embeddedIn?: Embedding;
  /** `required` in that it is always written; whether it must have a value is left to the kind's own rules. */
  readonly mayBeEmpty?: boolean;
  readonly [present]?: Present;
}
declare const present: unique symbol;

/** A message in the field `field` of a message: of the enclosing object's own, or of one that is embedded in it (`within`). */
export interface Embedding {
  readonly field: number;
  readonly message: string;
  readonly within?: Embedding;
}

type Options<Default, Required extends boolean> = FieldFacts & {
  readonly default?: Default;
  readonly required?: Required;
  readonly mayBeEmpty?: boolean;
};
type IsPresent<Default, Required> = [Default] extends [undefined] ? (Required extends true ? true : false) : true;
/** `undefined` stands for "no default"; `T` is there so that literals are checked against it. */
type MaybeDefault<T> = T | undefined;

/** The entries that the schema of `T` must have. */
export type FieldsOf<T> = {
  readonly [K in Extract<keyof T, string>]-?: Field<Exclude<T[K], undefined>, undefined extends T[K] ? false : true>;
};

/** What else can be said of an object type. */
export type ObjectFacts = Partial<Pick<ObjectNode, "atomic" | "union" | "requiredInDocument">>;

/** An object type; `name` is its OpenAPI definition. Pass a function for `fields` where types are recursive. */
export function object<T extends object>(
  name: string,
  doc: string,
  fields: FieldsOf<T> | (() => FieldsOf<T>),
  { atomic = false, ...facts }: ObjectFacts = {},
): Schema<T> {
  const get = typeof fields === "function" ? fields : (): FieldsOf<T> => fields;
  return { node: { type: "object", name, doc, fields: get as unknown as ObjectNode["fields"], atomic, ...facts } };
}

/**
 * The entries of an object type that Go embeds in another: in JSON, OpenAPI and TypeScript they stand in the enclosing
 * object; only protobuf nests them, in the message field `field`. Spread them where upstream writes them:
 *
 * @example
 * interface Probe extends ProbeHandler { readonly periodSeconds: number }
 * const probe = object<Probe>("io.k8s.api.core.v1.Probe", "…", {
 *   ...embedded(probeHandler, { field: 1 }),
 *   periodSeconds: integer({ field: 4, default: 10, doc: "…" }),
 * });
 */
export function embedded<T extends object>(schema: Schema<T>, { field }: { readonly field: number }): FieldsOf<T> {
  if (schema.node.type !== "object") throw new TypeError(`Cannot embed a ${schema.node.type}: only an object has fields`);
  const outer: Embedding = { field, message: schema.node.name };
  const within = (inner: Embedding | undefined): Embedding => (inner === undefined ? outer : { ...inner, within: within(inner.within) });
  const entries = Object.entries(schema.node.fields()).map(([name, entry]) => [name, { ...entry, embeddedIn: within(entry.embeddedIn) }]);
  return Object.fromEntries(entries) as FieldsOf<T>;
}

function scalar<T>(node: ScalarNode): Schema<T> {
  return { node };
}

/** Schemas of scalars, for the items of lists and the values of maps. */
export const string: Schema<string> = scalar({ type: "string" });
export const boolean: Schema<boolean> = scalar({ type: "boolean" });
export const int32: Schema<number> = scalar({ type: "integer", bits: 32 });
export const int64: Schema<number> = scalar({ type: "integer", bits: 64 });
export const double: Schema<number> = scalar({ type: "number" });
export const bytes: Schema<string> = scalar({ type: "bytes" });
export const quantity: Schema<string> = scalar({ type: "quantity" });
export const intOrString: Schema<number | string> = scalar({ type: "intOrString" });
export const time: Schema<string> = scalar({ type: "time" });
export const microTime: Schema<string> = scalar({ type: "microTime" });
export const duration: Schema<string> = scalar({ type: "duration" });
export const json: Schema<unknown> = scalar({ type: "json", object: false });
export const jsonObject: Schema<Readonly<Record<string, unknown>>> = scalar({ type: "json", object: true });
/** The set of fields of a manager, as a tree. */
export const fieldsV1: Schema<Readonly<Record<string, unknown>>> = scalar({
  type: "json",
  object: true,
  name: "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
});

/** A string out of a closed set. */
export function oneOf<const T extends string>(...values: readonly T[]): Schema<T> {
  return scalar({ type: "string", enum: values });
}

/** A list of `items`, as the schema of a value (a list of lists, a map of lists). For a field use {@link list}. */
export function listOf<T>(items: Schema<T>): Schema<readonly T[]> {
  return { node: { type: "list", items: items.node } };
}

export function mapOf<T>(values: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return { node: { type: "map", values: values.node } };
}

/** A value that is an object of one type or else of another type; the numbers are those of the protobuf fields. */
export function either<T extends object, Other>(
  name: string,
  object: { readonly field: number; readonly schema: () => Schema<T> },
  other: { readonly field: number; readonly schema: () => Schema<Other> },
): Schema<T | Other> {
  const objectNode = (): ObjectNode => object.schema().node as ObjectNode;
  return scalar({
    type: "either",
    name,
    object: objectNode,
    objectField: object.field,
    other: () => other.schema().node,
    otherField: other.field,
  });
}

/** A field of any schema: `field(duration, { … })`. The functions below say the common ones shorter. */
export function field<T, const Default extends MaybeDefault<T> = undefined, const Required extends boolean = false>(
  schema: Schema<T>,
  options: Options<Default, Required> &
    Pick<Field<T>, "minimum" | "maximum" | "maxLength" | "listType" | "mapType" | "inline" | "patchStrategy">,
): Field<T, IsPresent<Default, Required>> {
  return { ...options, schema, required: options.required ?? false };
}

/** A string; `enum` closes the set of its values. */
export function text<
  const T extends string = string,
  const Default extends MaybeDefault<T> = undefined,
  const Required extends boolean = false,
>(
  options: Options<Default, Required> & { readonly enum?: readonly T[]; readonly maxLength?: number },
): Field<T, IsPresent<Default, Required>> {
  const { enum: values, ...facts } = options;
  const schema = scalar<T>(values === undefined ? { type: "string" } : { type: "string", enum: values });
  return { ...facts, schema, required: facts.required ?? false };
}

/** A 32-bit integer; `bits: 64` for a long one. */
export function integer<const Default extends MaybeDefault<number> = undefined, const Required extends boolean = false>(
  options: Options<Default, Required> & { readonly bits?: 32 | 64; readonly minimum?: number; readonly maximum?: number },
): Field<number, IsPresent<Default, Required>> {
  const { bits = 32, ...facts } = options;
  return { ...facts, schema: bits === 32 ? int32 : int64, required: facts.required ?? false };
}

export function flag<const Default extends MaybeDefault<boolean> = undefined, const Required extends boolean = false>(
  options: Options<Default, Required>,
): Field<boolean, IsPresent<Default, Required>> {
  return { ...options, schema: boolean, required: options.required ?? false };
}

/** A nested object. A required one that is missing counts as `{}`, so that what is wrong is named at its leaves. */
export function struct<
  T extends object,
  const Default extends MaybeDefault<Readonly<Record<string, unknown>>> = undefined,
  const Required extends boolean = false,
>(
  schema: Schema<T>,
  options: FieldFacts & { readonly default?: Default; readonly required?: Required } & Pick<
      Field<T>,
      "mapType" | "inline" | "patchStrategy"
    >,
): Field<T, IsPresent<Default, Required>> {
  return { ...options, schema, required: options.required ?? false };
}

export function list<T, const Default extends MaybeDefault<readonly Draft<T>[]> = undefined, const Required extends boolean = false>(
  items: Schema<T>,
  options: FieldFacts & { readonly default?: Default; readonly required?: Required } & Pick<
      Field<T>,
      "listType" | "mapKeys" | "patchStrategy" | "mergeKey" | "mayBeEmpty"
    >,
): Field<readonly T[], IsPresent<Default, Required>> {
  return { ...options, schema: listOf(items), required: options.required ?? false };
}

export function map<T, const Default extends MaybeDefault<Readonly<Record<string, T>>> = undefined, const Required extends boolean = false>(
  values: Schema<T>,
  options: FieldFacts & { readonly default?: Default; readonly required?: Required } & Pick<Field<T>, "mapType">,
): Field<Readonly<Record<string, T>>, IsPresent<Default, Required>> {
  return { ...options, schema: mapOf(values), required: options.required ?? false };
}
