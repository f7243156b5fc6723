import { apiVersionOf, type Kind, type Strategy } from "./kind.ts";
import type { KubernetesObject } from "./meta.ts";
import { schemaInVersion, type SchemaVersion } from "./schema-versions.ts";

export interface KindVersion<T extends KubernetesObject, Stored extends KubernetesObject> {
  readonly version: string;
  readonly schema: SchemaVersion;
  /** The pair of functions between the versions; absent where their objects differ in nothing but `apiVersion`. */
  readonly convert?: { readonly toStored: (object: T) => Stored; readonly fromStored: (stored: Stored) => T };
  readonly deprecation?: Deprecation;
}

/** Which releases a version of a kind is on its way out in. */
export interface Deprecation {
  /** The first release that warns, and the first without the version, such as `1.34`. */
  readonly since: string;
  readonly until: string;
  /** The apiVersion that has the kind instead. */
  readonly instead?: string;
}

/** Another version of a kind, whose objects are stored as `stored` and follow its rules. What is wrong is told of the stored fields. */
export function kindInVersion<T extends KubernetesObject, Stored extends KubernetesObject = T>(
  stored: Kind<Stored>,
  { version, schema, convert, deprecation }: KindVersion<T, Stored>,
): Kind<T> {
  const { group } = stored;
  const [ownApiVersion, storedApiVersion] = [apiVersionOf({ group, version }), apiVersionOf(stored)];
  // Where nothing converts, T and Stored are one and the same type.
  const toStored = (object: T): Stored => ({ ...((convert?.toStored(object) ?? object) as Stored), apiVersion: storedApiVersion });
  const fromStored = (object: Stored): T => ({ ...((convert?.fromStored(object) ?? object) as T), apiVersion: ownApiVersion });
  return {
    ...stored,
    version,
    schema: schemaInVersion<T>(stored.schema, schema),
    columns: stored.columns.map((column) => ({ ...column, cell: (object, now) => column.cell(toStored(object), now) })),
    selectableFields: Object.fromEntries(
      Object.entries(stored.selectableFields).map(([path, textOf]) => [path, (object: T) => textOf(toStored(object))]),
    ),
    subresources: { ...(stored.subresources.status === true ? { status: true } : {}) },
    strategy: strategyInVersion(stored.strategy, toStored, fromStored),
    storedAs: {
      kind: stored as unknown as Kind,
      toStored,
      fromStored: (object) => fromStored(object as Stored),
    },
    ...(deprecation === undefined ? {} : { deprecation: deprecationText({ ...stored, version }, deprecation) }),
  } as Kind<T>;
}

/** The rules of the stored version, for objects of another one. */
function strategyInVersion<T, Stored>(strategy: Strategy<Stored>, to: (object: T) => Stored, from: (object: Stored) => T): Strategy<T> {
  const { name, generation, unconditionalUpdate, createOnUpdate, answersDeleted, orphanByDefault, ...rules } = strategy;
  const {
    defaults,
    prepareForCreate,
    prepareForUpdate,
    prepareForStatusUpdate,
    validate,
    validateCreate,
    validateUpdate,
    validateStatusUpdate,
    validateInSteps,
    warnings,
    prepareForDelete,
    gracePeriodSeconds,
  } = rules;
  const facts = { name, generation, unconditionalUpdate, createOnUpdate, answersDeleted, orphanByDefault };
  return {
    ...definedOnly(facts),
    ...(defaults && { defaults: (object) => from(defaults(to(object))) }),
    ...(prepareForCreate && { prepareForCreate: (object, context) => from(prepareForCreate(to(object), context)) }),
    ...(prepareForUpdate && {
      prepareForUpdate: (object, previous, context) => from(prepareForUpdate(to(object), to(previous), context)),
    }),
    ...(prepareForStatusUpdate && {
      prepareForStatusUpdate: (object, previous, context) => from(prepareForStatusUpdate(to(object), to(previous), context)),
    }),
    ...(validate && { validate: (object) => validate(to(object)) }),
    ...(validateCreate && { validateCreate: (object) => validateCreate(to(object)) }),
    ...(validateUpdate && { validateUpdate: (object, previous) => validateUpdate(to(object), to(previous)) }),
    ...(validateStatusUpdate && { validateStatusUpdate: (object, previous) => validateStatusUpdate(to(object), to(previous)) }),
    ...(validateInSteps && {
      validateInSteps: (object, previous) => validateInSteps(to(object), previous === undefined ? undefined : to(previous)),
    }),
    ...(warnings && {
      warnings: (object, previous) => (previous === undefined ? warnings(to(object)) : warnings(to(object), to(previous))),
    }),
    ...(prepareForDelete && { prepareForDelete: (object, now) => from(prepareForDelete(to(object), now)) }),
    ...(gracePeriodSeconds && { gracePeriodSeconds: (object, asked) => gracePeriodSeconds(to(object), asked) }),
  };
}

function definedOnly<Facts extends object>(facts: Facts): { readonly [K in keyof Facts]?: Exclude<Facts[K], undefined> } {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof Facts]?: Exclude<Facts[K], undefined>;
  };
}

/** The warning for a version of a kind, in upstream's words. */
function deprecationText(kind: Pick<Kind, "group" | "version" | "kind">, { since, until, instead }: Deprecation): string {
  const replaced = instead === undefined ? "" : `; use ${instead} ${kind.kind}`;
  return `${apiVersionOf(kind)} ${kind.kind} is deprecated in v${since}+, unavailable in v${until}+${replaced}`;
}
