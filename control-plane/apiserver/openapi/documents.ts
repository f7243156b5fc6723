import {
  definitionsOf,
  deleteOptions,
  type Kind,
  listKindOf,
  type ObjectNode,
  openApiV2Definition,
  openApiV3Definition,
  type OpenApiSchema,
  type SchemaNode,
  status,
  watchEvent,
} from "@kubets/machinery";
import type { ServedGroup, ServedVersion } from "../discovery/documents.ts";
import { inEveryVersion } from "./meta-versions.ts";
import {
  binaryTypes,
  type GroupVersionKind,
  listNodeOf,
  objectTypes,
  type Operation,
  patchDefinition,
  type PathItem,
  pathsOf,
} from "./operations.ts";
import { type OtherPaths, otherPaths, type OtherPathsOptions, versionPaths } from "./other-paths.ts";
import { dryRunParameter, fieldValidationParameter, type Parameter } from "./parameters.ts";

/** A piece of an OpenAPI document. */
export type Json = Readonly<Record<string, unknown>>;

/** Finds a kind, also among those that only subresources answer with. */
export type FindKind = (wanted: GroupVersionKind) => Kind | undefined;

const info = { title: "Kubernetes", version: "unversioned" } as const;
const bearerToken = { type: "apiKey", name: "authorization", in: "header", description: "Bearer token authentication" } as const;
const streamTypes: readonly string[] = ["application/json;stream=watch"];
const binaryStreamTypes: readonly string[] = ["application/vnd.kubernetes.protobuf;stream=watch", "application/cbor-seq"];
const patchTypes: readonly string[] = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];
const binaryPatchTypes: readonly string[] = ["application/apply-patch+cbor"];
// kubectl merges strategically whatever says that it can be; custom resources have no merge keys.
const customPatchTypes = patchTypes.filter((type) => !type.includes("strategic"));

function bodyTypes(operation: Operation): readonly string[] {
  switch (operation.body?.form) {
    case "patch":
      return takenPatches(operation);
    case "custom patch":
      return customPatchTypes;
    default:
      return ["*/*"];
  }
}

/** The OpenAPI v3 document of one group version: `/openapi/v3/apis/GROUP/VERSION`. */
export function documentV3(group: string, { version, kinds }: ServedVersion, findKind: FindKind): Json {
  const more = versionPaths(group, version);
  const paths = [...more.items, ...kinds.flatMap((kind) => pathsOf(kind, findKind))];
  return withV3Frame(paths, [...definitionsFor(kinds, { paths, findKind, more: [more], define: openApiV3Definition })]);
}

/** The OpenAPI v3 document of paths that are of no kind: `/openapi/v3/version`. */
export function otherDocumentV3({ items, answers }: OtherPaths): Json {
  const schemas = [...definitionsOf(answers.keys())].map(([name, node]) => [name, openApiV3Definition(node, answers.get(node))] as const);
  return withV3Frame(items, schemas);
}

function withV3Frame(paths: readonly PathItem[], schemas: readonly (readonly [string, OpenApiSchema])[]): Json {
  return {
    openapi: "3.0.0",
    info,
    paths: Object.fromEntries(sorted(paths).map((item) => [item.path, pathV3(item)])),
    components: { schemas: Object.fromEntries(schemas), securitySchemes: { BearerToken: bearerToken } },
    security: [{ BearerToken: [] }],
  };
}

/** The OpenAPI v2 document of everything, `/openapi/v2`: its members in their order, the large ones made entry by entry as they are asked for. */
export type DocumentV2 = readonly (readonly [name: string, member: unknown | Entries])[];

/** Entries of a large member. */
export class Entries {
  readonly #make: () => Iterable<readonly [string, Json]>;

  constructor(make: () => Iterable<readonly [string, Json]>) {
    this.#make = make;
  }

  [Symbol.iterator](): Iterator<readonly [string, Json]> {
    return this.#make()[Symbol.iterator]();
  }
}

export function documentV2(groups: readonly ServedGroup[], findKind: FindKind, options: OtherPathsOptions): DocumentV2 {
  const kinds = groups.flatMap(({ versions }) => versions.flatMap((version) => version.kinds));
  const more = [
    ...otherPaths(groups, options),
    ...groups.flatMap(({ name, versions }) => versions.map(({ version }) => versionPaths(name, version))),
  ];
  const paths = [...more.flatMap(({ items }) => items), ...kinds.flatMap((kind) => pathsOf(kind, findKind))];
  const shared = new SharedParameters();
  return [
    ["swagger", "2.0"],
    ["info", info],
    [
      "paths",
      new Entries(() =>
        sorted(paths)
          .values()
          .map((item) => [item.path, pathV2(item, shared)] as const),
      ),
    ],
    ["definitions", new Entries(() => definitionsFor(kinds, { paths, findKind, more, define: openApiV2Definition }))],
    // Known once the paths were made.
    ["parameters", new Entries(() => shared.entries())],
    ["securityDefinitions", { BearerToken: bearerToken }],
    ["security", [{ BearerToken: [] }]],
  ];
}

function sorted(paths: readonly PathItem[]): readonly PathItem[] {
  return paths.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

interface DefinitionOptions {
  readonly paths: readonly PathItem[];
  readonly findKind: FindKind;
  readonly more: readonly OtherPaths[];
  readonly define: (node: SchemaNode, kinds: readonly GroupVersionKind[]) => OpenApiSchema;
}

/** Everything that the paths speak of, by name. Kinds carry their names, by which clients find them. */
function* definitionsFor(
  kinds: readonly Kind[],
  { paths, findKind, more, define }: DefinitionOptions,
): Iterable<readonly [string, OpenApiSchema & Json]> {
  const roots = new Map<SchemaNode, readonly GroupVersionKind[]>();
  const addKind = (kind: Kind): void => void roots.set(kind.schema.node, [gvkOf(kind)]);
  for (const kind of kinds) {
    addKind(kind);
    if (kind.verbs.includes("list")) roots.set(listNodeOf(kind), [gvkOf({ ...kind, kind: listKindOf(kind) })]);
  }
  for (const { operations } of paths) {
    for (const operation of operations) {
      const kind = operation.kind === undefined || operation.action === "connect" ? undefined : findKind(operation.kind);
      if (kind !== undefined) addKind(kind);
    }
  }
  roots.set(status.node, [{ group: "", kind: "Status", version: "v1" }]);
  roots.set(deleteOptions.node, inEveryVersion("DeleteOptions"));
  if (paths.some(({ operations }) => operations.some(({ action }) => action === "watch"))) {
    roots.set(watchEvent.node, inEveryVersion("WatchEvent"));
  }
  for (const { answers } of more) for (const [node, named] of answers) roots.set(node, named);
  const names = new Map([...roots].map(([node, named]) => [(node as ObjectNode).name, named]));
  const found = new Map<string, SchemaNode | undefined>([...definitionsOf(roots.keys()), [patchDefinition, undefined]]);
  for (const name of [...found.keys()].sort()) {
    const node = found.get(name);
    yield [name, node === undefined ? patch : { ...define(node, names.get(name) ?? []) }];
  }
}

const patch = { description: "A change to an object, in the form that the content type names.", type: "object" } as const;

function gvkOf({ group, version, kind }: GroupVersionKind): GroupVersionKind {
  return { group, kind, version };
}

// ---- v3

function pathV3({ parameters, operations }: PathItem): Json {
  return {
    ...Object.fromEntries(operations.map((operation) => [operation.method, operationV3(operation)])),
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(parameterV3) }),
  };
}

function operationV3(operation: Operation): Json {
  const { body, answer, codes } = operation;
  const content = (types: readonly string[], schema: Json): Json => Object.fromEntries(types.map((type) => [type, { schema }]));
  const answered =
    answer === "text"
      ? content(operation.gives ?? ["*/*"], { type: "string" })
      : content(answeredTypes(operation), referenceV3(answer.definition));
  const responses = Object.fromEntries(codes.map((code) => [String(code), { description: descriptions[code] ?? "OK", content: answered }]));
  return {
    ...headOf(operation),
    ...(operation.parameters.length === 0 ? {} : { parameters: operation.parameters.map(parameterV3) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            content: content(bodyTypes(operation), referenceV3(body.definition)),
            ...(body.required ? { required: true } : {}),
          },
        }),
    responses: { ...responses, "401": { description: "Unauthorized" } },
    ...tailOf(operation),
  };
}

function referenceV3(definition: string): Json {
  return { $ref: `#/components/schemas/${definition}` };
}

function parameterV3({ name, in: place, type, doc }: Parameter): Json {
  return { name, in: place, description: doc, ...(place === "path" ? { required: true } : {}), schema: { type, uniqueItems: true } };
}

// ---- v2

/**
 * Parameters that many operations share are written once. Those that clients look for in the operations themselves are not shared.
 */
class SharedParameters {
  readonly #names = new Map<Parameter, string>();
  readonly #taken = new Set<string>();

  use(parameter: Parameter): Json {
    if (parameter === dryRunParameter || parameter === fieldValidationParameter || (parameter.in === "path" && parameter.name === "name")) {
      return parameterV2(parameter);
    }
    let name = this.#names.get(parameter);
    if (name === undefined) {
      name = parameter.name;
      for (let count = 2; this.#taken.has(name); count++) name = `${parameter.name}-${count}`;
      this.#taken.add(name);
      this.#names.set(parameter, name);
    }
    return { $ref: `#/parameters/${name}` };
  }

  entries(): readonly (readonly [string, Json])[] {
    return [...this.#names].map(([parameter, name]) => [name, parameterV2(parameter)]);
  }
}

function pathV2({ parameters, operations }: PathItem, shared: SharedParameters): Json {
  return {
    ...Object.fromEntries(operations.map((operation) => [operation.method, operationV2(operation, shared)])),
    ...(parameters.length === 0 ? {} : { parameters: parameters.map((each) => shared.use(each)) }),
  };
}

function operationV2(operation: Operation, shared: SharedParameters): Json {
  const { body, answer, codes } = operation;
  const schema = answer === "text" ? { type: "string" } : referenceV2(answer.definition);
  const bodyParameter =
    body === undefined
      ? []
      : [{ name: "body", in: "body", ...(body.required ? { required: true } : {}), schema: referenceV2(body.definition) }];
  const responses = Object.fromEntries(codes.map((code) => [String(code), { description: descriptions[code] ?? "OK", schema }]));
  const takes = operation.takes ?? bodyTypes(operation);
  const gives = operation.gives ?? (answer === "text" ? ["*/*"] : answeredTypes(operation));
  return {
    ...headOf(operation),
    ...(takes.length === 0 ? {} : { consumes: takes }),
    ...(gives.length === 0 ? {} : { produces: gives }),
    schemes: ["https"],
    ...(bodyParameter.length + operation.parameters.length === 0
      ? {}
      : { parameters: [...bodyParameter, ...operation.parameters.map((each) => shared.use(each))] }),
    responses: { ...responses, "401": { description: "Unauthorized" } },
    ...tailOf(operation),
  };
}

function referenceV2(definition: string): Json {
  return { $ref: `#/definitions/${definition}` };
}

function parameterV2({ name, in: place, type, doc }: Parameter): Json {
  return { name, in: place, description: doc, ...(place === "path" ? { required: true } : {}), type, uniqueItems: true };
}

// ---- both

function answeredTypes({ streams, binary = false, gives }: Operation): readonly string[] {
  if (gives !== undefined) return gives;
  return [...objectTypes, ...(binary ? binaryTypes : []), ...(streams ? streamTypes : []), ...(streams && binary ? binaryStreamTypes : [])];
}

function takenPatches({ binary = false }: Operation): readonly string[] {
  return [...patchTypes, ...(binary ? binaryPatchTypes : [])];
}

const descriptions: Readonly<Record<number, string>> = { 200: "OK", 201: "Created", 202: "Accepted" };

function headOf({ tag, doc, id }: Operation): Json {
  return { tags: [tag], ...(doc === undefined ? {} : { description: doc }), operationId: id };
}

function tailOf({ action, kind }: Operation): Json {
  if (action === undefined || kind === undefined) return {};
  return { "x-kubernetes-action": action, "x-kubernetes-group-version-kind": gvkOf(kind) };
}
