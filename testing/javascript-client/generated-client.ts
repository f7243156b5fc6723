import * as published from "@kubernetes/client-node";

/** The parameters of a method: names as in the path and the query, and `body`. */
export type Parameters = Readonly<Record<string, unknown>>;
/** What a method answers: a model, or a list of them. */
export interface Answer {
  readonly kind?: string;
  readonly metadata?: Answered;
  readonly items?: readonly Answer[];
  readonly [field: string]: unknown;
}
interface Answered {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}
type Method = (parameters: Parameters, options?: unknown) => Promise<Answer>;

/** One class of the client, its methods by name, and which of them have been called. */
export interface ApiClass {
  readonly name: string;
  readonly methods: readonly string[];
  readonly called: ReadonlySet<string>;
  has(method: string): boolean;
  call(method: string, parameters?: Parameters, options?: unknown): Promise<Answer>;
}

type Constructor = new (...args: never) => object;
const exported = published as unknown as Readonly<Record<string, unknown>>;

/** Every class of the client whose name passes. */
export function apiClasses(config: published.KubeConfig, passes: (name: string) => boolean): readonly ApiClass[] {
  return Object.keys(exported)
    .filter((name) => name.endsWith("Api") && passes(name))
    .map((name) => {
      const constructor = exported[name] as Constructor;
      const api = config.makeApiClient(constructor as never) as Readonly<Record<string, Method>>;
      const methods = Object.getOwnPropertyNames(constructor.prototype).filter(
        (each) => each !== "constructor" && !each.endsWith("WithHttpInfo"),
      );
      const called = new Set<string>();
      return {
        name,
        methods,
        called,
        has: (method) => methods.includes(method),
        call(method, parameters = {}, options) {
          called.add(method);
          return api[method]!(parameters, options);
        },
      };
    });
}

interface Attribute {
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
}
interface ModelClass {
  getAttributeTypeMap(): readonly Attribute[];
}

/** JSON as the model of a type, whose fields are named otherwise where the language knows the name already: `_default` for `default`. */
export function modelOf(value: unknown, type: string): unknown {
  const item = /^Array<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) return (value as readonly unknown[]).map((each) => modelOf(each, item));
  const entry = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (entry !== undefined) return mapped(value as object, (each) => modelOf(each, entry));
  if (type === "Date") return new Date(String(value));
  if (type === "V1MicroTime") return new published.V1MicroTime(String(value));
  const model = exported[type] as ModelClass | undefined;
  if (model === undefined || typeof value !== "object" || value === null) return value;
  const attributes = new Map(model.getAttributeTypeMap().map((attribute) => [attribute.baseName, attribute]));
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const attribute = attributes.get(name);
      return attribute === undefined ? [name, inner] : [attribute.name, modelOf(inner, attribute.type)];
    }),
  );
}

function mapped(value: object, change: (inner: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, change(inner)]));
}

export const mergePatch: unknown = published.setHeaderOptions("Content-Type", published.PatchStrategy.MergePatch);
export const apply: unknown = published.setHeaderOptions("Content-Type", published.PatchStrategy.ServerSideApply);
