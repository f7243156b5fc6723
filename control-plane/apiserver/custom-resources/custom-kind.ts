import {
  coerceEmbedded,
  type CustomResourceDefinition,
  type CustomResourceDefinitionVersion,
  type JSONSchemaProps,
  prune,
  withDefaults,
} from "@kubets/api";
import {
  allVerbs,
  apiVersionOf,
  badRequest,
  decodeObject,
  defineKind,
  type Kind,
  type KindValues,
  messageOf,
  objectMeta,
  type Schema,
} from "@kubets/machinery";
import { columnsOf } from "./columns.ts";
import type { Convert } from "./conversion-webhook.ts";
import { customStrategy } from "./custom-strategy.ts";
import { openApiOf } from "./open-api.ts";
import { scaleOf } from "./scale-paths.ts";
import { selectableFieldsOf } from "./selectable-fields.ts";
import { type CustomObject, encodeCustomObject, storedKindOf } from "./stored-kind.ts";
import { topologyOf } from "./topology.ts";

/** The kinds that a definition has served: one for each version that is. */
export function customKinds(definition: CustomResourceDefinition, convert?: Convert): readonly Kind[] {
  const stored = storedKindOf(definition);
  const kinds = new Map(definition.spec.versions.map((version) => [version.name, customKind(definition, version, stored)]));
  const schemas = new Map(definition.spec.versions.map(({ name, schema }) => [name, schema?.openAPIV3Schema ?? {}]));
  const served = definition.spec.versions.filter((version) => version.served).map(({ name }) => kinds.get(name)!);
  return served.map((kind) => ({ ...kind, storedAs: viewOf(kind, { stored, schemas, convert }) })) as readonly unknown[] as readonly Kind[];
}

function customKind(
  definition: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  stored: Kind<CustomObject>,
): Kind<CustomObject> {
  const { spec, status } = definition;
  const names = status.acceptedNames;
  const schema = version.schema?.openAPIV3Schema ?? {};
  const identity = { group: spec.group, version: version.name, kind: names.kind };
  const isTerminating = definition.metadata.deletionTimestamp !== undefined;
  const { subresources } = version;
  const deprecation = deprecationOf(version, identity);
  return defineKind<CustomObject>({
    ...identity,
    listKind: names.listKind ?? `${names.kind}List`,
    resource: names.plural,
    singular: names.singular ?? "",
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    scope: stored.scope,
    schema: topologyOf(schema, definitionName(identity), openApiOf(schema)) as unknown as Schema<CustomObject>,
    verbs: allVerbs,
    subresources: {
      ...(subresources?.status === undefined ? {} : { status: true }),
      ...(subresources?.scale === undefined ? {} : { scale: scaleOf(subresources.scale) }),
    },
    columns: columnsOf(version.additionalPrinterColumns ?? []),
    selectableFields: selectableFieldsOf(version.selectableFields ?? []),
    strategy: customStrategy({ schema, identity, isTerminating, scale: subresources?.scale }),
    values: valuesOf(schema),
    ...(deprecation === undefined ? {} : { deprecation }),
  });
}

/** The OpenAPI definition: the group backwards, then version and kind. */
function definitionName({ group, version, kind }: Pick<Kind, "group" | "version" | "kind">): string {
  return [...group.split(".").toReversed(), version, kind].join(".");
}

function deprecationOf(
  { deprecated = false, deprecationWarning }: CustomResourceDefinitionVersion,
  identity: Pick<Kind, "group" | "version" | "kind">,
): string | undefined {
  return deprecated ? (deprecationWarning ?? `${apiVersionOf(identity)} ${identity.kind} is deprecated`) : undefined;
}

function valuesOf(schema: JSONSchemaProps): KindValues<CustomObject> {
  return {
    decode: (value) => decodeCustomObject(schema, value),
    complete: (object) => completeCustomObject(schema, object),
    encode: encodeCustomObject,
  };
}

function decodeCustomObject(schema: JSONSchemaProps, value: unknown): ReturnType<KindValues<CustomObject>["decode"]> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest("json: cannot unmarshal into Go value of type map[string]interface {}");
  const { metadata = {} } = value as { readonly metadata?: unknown };
  const meta = decodeObject(objectMeta, metadata);
  const pruned = prune(schema, value, { isRoot: true });
  const coerced = coerceEmbedded(schema, pruned.value);
  if (coerced.error !== undefined) throw badRequest(`${coerced.error.field}: ${messageOf(coerced.error)}`);
  return {
    object: { ...(coerced.value as CustomObject), metadata: meta.object },
    unknownFields: [
      ...meta.unknownFields.map((each) => each.replace('"', '"metadata.')),
      ...[...pruned.unknownFields, ...coerced.unknownFields].map((path) => `unknown field ${JSON.stringify(path)}`),
    ],
  };
}

/** What a mutating webhook added is pruned like what a client sent. */
function completeCustomObject(schema: JSONSchemaProps, object: CustomObject): CustomObject {
  return withDefaults(schema, prune(schema, object, { isRoot: true }).value) as CustomObject;
}

interface ViewOptions {
  readonly stored: Kind<CustomObject>;
  readonly schemas: ReadonlyMap<string, JSONSchemaProps>;
  readonly convert: Convert | undefined;
}

/** How objects in whichever version they are stored become objects of a version, and the other way. */
function viewOf(kind: Kind<CustomObject>, { stored, schemas, convert }: ViewOptions): NonNullable<Kind<CustomObject>["storedAs"]> {
  const { complete } = kind.values!;
  const apiVersion = apiVersionOf(kind);
  const storedVersion = apiVersionOf(stored);
  const storedSchema = schemas.get(stored.version)!;
  const toServe = convertedBy(convert, kind.version);
  const toStore = convertedBy(convert, stored.version);
  return {
    kind: stored as unknown as Kind,
    toStored(object) {
      if (kind.version === stored.version) return object;
      const converted = toStore?.get(object) ?? { ...object, apiVersion: storedVersion };
      return prune(storedSchema, converted, { isRoot: true }).value as CustomObject;
    },
    fromStored(object) {
      const custom = object as CustomObject;
      if (custom.apiVersion === apiVersion) return complete(custom);
      if (toServe !== undefined) return complete(toServe.get(custom));
      const written = schemas.get(custom.apiVersion.slice(custom.apiVersion.indexOf("/") + 1));
      const pruned = written === undefined ? custom : (prune(written, custom, { isRoot: true }).value as CustomObject);
      return complete({ ...pruned, apiVersion });
    },
    ...(toServe === undefined || toStore === undefined
      ? {}
      : {
          converter: {
            prepareToStore: (object) => toStore.prepare([object].filter((each) => each.apiVersion !== storedVersion)),
            prepareToServe: (objects) =>
              toServe.prepare((objects as readonly CustomObject[]).filter((each) => each.apiVersion !== apiVersion)),
          },
        }),
  };
}

interface Converted {
  /** Has those objects converted that aren't yet, all in one request. */
  prepare(objects: readonly CustomObject[]): Promise<void>;
  /** Throws for an object that was not prepared. */
  get(object: CustomObject): CustomObject;
}

/** What a webhook made of objects, for as long as they are at hand: each is converted once. */
function convertedBy(convert: Convert | undefined, version: string): Converted | undefined {
  if (convert === undefined) return undefined;
  const known = new WeakMap<CustomObject, CustomObject>();
  return {
    async prepare(objects) {
      const missing = objects.filter((object) => !known.has(object));
      if (missing.length === 0) return;
      for (const [index, object] of (await convert(missing, version)).entries()) known.set(missing[index]!, object);
    },
    get(object) {
      const converted = known.get(object);
      if (converted === undefined)
        throw new Error(`Cannot show ${object.kind} ${object.metadata.name} in version ${version}: it was not converted before`);
      return converted;
    },
  };
}
