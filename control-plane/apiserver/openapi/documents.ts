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
import { type GroupVersionKind, listNodeOf, type Operation, patchDefinition, type PathItem, pathsOf } from "./operations.ts";
import { dryRunParameter, fieldValidationParameter, type Parameter } from "./parameters.ts";

/** A piece of an OpenAPI document. */
export type Json = Readonly<Record<string, unknown>>;

/** Finds a kind, also among those that only subresources answer with. */
export type FindKind = (wanted: GroupVersionKind) => Kind | undefined;

const info = { title: "Kubernetes", version: "unversioned" } as const;
const bearerToken = { type: "apiKey", name: "authorization", in: "header", description: "Bearer token authentication" } as const;
// What the pipeline can answer and take; a media type more there is a line more here.
const objectTypes: readonly string[] = ["application/json", "application/yaml"];
const binaryTypes: readonly string[] = ["application/vnd.kubernetes.protobuf", "application/cbor"];
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
export function documentV3({ kinds }: ServedVersion, findKind: FindKind): Json {
  const paths = kinds.flatMap((kind) => pathsOf(kind, findKind));
  return {
    openapi: "3.0.0",
    info,
    paths: Object.fromEntries(sorted(paths).map((item) => [item.path, pathV3(item)])),
    components: {
      schemas: definitionsFor(kinds, { paths, findKind, define: openApiV3Definition }),
      securitySchemes: { BearerToken: bearerToken },
    },
    security: [{ BearerToken: [] }],
  };
}

/** The OpenAPI v2 document of everything: `/openapi/v2`. */
export function documentV2(groups: readonly ServedGroup[], findKind: FindKind): Json {
  const kinds = groups.flatMap(({ versions }) => versions.flatMap((version) => version.kinds));
  const paths = kinds.flatMap((kind) => pathsOf(kind, findKind));
  const shared = new SharedParameters();
  const items = Object.fromEntries(sorted(paths).map((item) => [item.path, pathV2(item, shared)]));
  return {
    swagger: "2.0",
    info,
    paths: items,
    definitions: definitionsFor(kinds, { paths, findKind, define: openApiV2Definition }),
    parameters: shared.toJson(),
    securityDefinitions: { BearerToken: bearerToken },
    security: [{ BearerToken: [] }],
  };
}

function sorted(paths: readonly PathItem[]): readonly PathItem[] {
  return paths.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

interface DefinitionOptions {
  readonly paths: readonly PathItem[];
  readonly findKind: FindKind;
  readonly define: (node: SchemaNode, kinds: readonly GroupVersionKind[]) => OpenApiSchema;
}

/** Everything that the paths speak of. Kinds carry their names, by which clients find them. */
function definitionsFor(kinds: readonly Kind[], { paths, findKind, define }: DefinitionOptions): Json {
  const roots = new Map<SchemaNode, readonly GroupVersionKind[]>();
  const addKind = (kind: Kind): void => void roots.set(kind.schema.node, [gvkOf(kind)]);
  for (const kind of kinds) {
    addKind(kind);
    if (kind.verbs.includes("list")) roots.set(listNodeOf(kind), [gvkOf({ ...kind, kind: listKindOf(kind) })]);
  }
  for (const { operations } of paths) {
    for (const operation of operations) {
      const kind = operation.action === "connect" ? undefined : findKind(operation.kind);
      if (kind !== undefined) addKind(kind);
    }
  }
  roots.set(status.node, [{ group: "", kind: "Status", version: "v1" }]);
  roots.set(deleteOptions.node, inEveryVersion("DeleteOptions"));
  if (paths.some(({ operations }) => operations.some(({ action }) => action === "watch"))) {
    roots.set(watchEvent.node, inEveryVersion("WatchEvent"));
  }
  const names = new Map([...roots].map(([node, named]) => [(node as ObjectNode).name, named]));
  const definitions: (readonly [string, OpenApiSchema])[] = [...definitionsOf(roots.keys())].map(([name, node]) => [
    name,
    define(node, names.get(name) ?? []),
  ]);
  definitions.push([patchDefinition, { description: "A change to an object, in the form that the content type names.", type: "object" }]);
  return Object.fromEntries(definitions.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function gvkOf({ group, version, kind }: GroupVersionKind): GroupVersionKind {
  return { group, kind, version };
}

// ---- v3

function pathV3({ parameters, operations }: PathItem): Json {
  return {
    ...Object.fromEntries(operations.map((operation) => [operation.method, operationV3(operation)])),
    parameters: parameters.map(parameterV3),
  };
}

function operationV3(operation: Operation): Json {
  const { body, answer, codes } = operation;
  const content = (types: readonly string[], schema: Json): Json => Object.fromEntries(types.map((type) => [type, { schema }]));
  const answered =
    answer === "text" ? content(["*/*"], { type: "string" }) : content(answeredTypes(operation), referenceV3(answer.definition));
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

  toJson(): Json {
    return Object.fromEntries([...this.#names].map(([parameter, name]) => [name, parameterV2(parameter)]));
  }
}

function pathV2({ parameters, operations }: PathItem, shared: SharedParameters): Json {
  return {
    ...Object.fromEntries(operations.map((operation) => [operation.method, operationV2(operation, shared)])),
    parameters: parameters.map((each) => shared.use(each)),
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
  return {
    ...headOf(operation),
    consumes: bodyTypes(operation),
    produces: answer === "text" ? ["*/*"] : answeredTypes(operation),
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

function answeredTypes({ streams, binary = false }: Operation): readonly string[] {
  return [...objectTypes, ...(binary ? binaryTypes : []), ...(streams ? streamTypes : []), ...(streams && binary ? binaryStreamTypes : [])];
}

function takenPatches({ binary = false }: Operation): readonly string[] {
  return [...patchTypes, ...(binary ? binaryPatchTypes : [])];
}

const descriptions: Readonly<Record<number, string>> = { 200: "OK", 201: "Created", 202: "Accepted" };

function headOf({ tag, doc, id }: Operation): Json {
  return { tags: [tag], description: doc, operationId: id };
}

function tailOf({ action, kind: { group, version, kind } }: Operation): Json {
  return { "x-kubernetes-action": action, "x-kubernetes-group-version-kind": { group, kind, version } };
}
