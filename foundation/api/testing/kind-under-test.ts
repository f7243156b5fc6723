import {
  applyDefaults,
  decodeObject,
  formatTime,
  type Instant,
  type Kind,
  type KubernetesObject,
  messageOf,
  parseTime,
  validateSchema,
} from "@kubets/machinery";

/** When the tests of kinds take place. */
export const noon: Instant = parseTime("2026-06-01T12:00:00Z") as Instant;

/** What a client sends, right or wrong, without what is the same in every object of the kind. */
export type Body = Readonly<Record<string, unknown>>;

/** An object as a server has it after reading what a client sent: in form, and with its defaults. It is a minute old. */
export function asRead<T extends KubernetesObject>(kind: Kind<T>, body: Body): T {
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  const namespace = kind.scope === "Namespaced" ? { namespace: "default" } : {};
  const metadata = { name: "web", ...namespace, uid: "1", resourceVersion: "1", creationTimestamp: formatTime((noon - 60_000) as Instant) };
  const sent = { kind: kind.kind, apiVersion, ...body, metadata: { ...metadata, ...(body.metadata as object | undefined) } };
  const { object } = decodeObject(kind.schema, sent);
  const complete = applyDefaults(kind.schema, object);
  return kind.strategy.defaults?.(complete) ?? complete;
}

/** What a server says is wrong with an object, as `field: message`. */
export function problemsOf<T extends KubernetesObject>(kind: Kind<T>, body: Body): readonly string[] {
  const object = asRead(kind, body);
  return [...validateSchema(kind.schema, object), ...(kind.strategy.validate?.(object) ?? [])].map(describe);
}

/** What a server says is wrong with replacing one object by another, beside what is wrong with the new one by itself. */
export function problemsOfUpdate<T extends KubernetesObject>(kind: Kind<T>, from: Body, to: Body): readonly string[] {
  return (kind.strategy.validateUpdate?.(asRead(kind, to), asRead(kind, from)) ?? []).map(describe);
}

/** What a server says is wrong with writing another status. */
export function problemsOfStatusUpdate<T extends KubernetesObject>(kind: Kind<T>, from: Body, to: Body): readonly string[] {
  return (kind.strategy.validateStatusUpdate?.(asRead(kind, to), asRead(kind, from)) ?? []).map(describe);
}

function describe(error: Parameters<typeof messageOf>[0]): string {
  return `${error.field}: ${messageOf(error)}`;
}

/** What a table shows of an object, by the names of the columns. */
export function rowOf<T extends KubernetesObject>(kind: Kind<T>, body: Body): Readonly<Record<string, unknown>> {
  const object = asRead(kind, body);
  return Object.fromEntries(kind.columns.map(({ name, cell }) => [name, cell(object, noon)]));
}
