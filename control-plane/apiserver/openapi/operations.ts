import { type Kind, listObject, type ObjectNode, type Verb } from "@kubets/machinery";
import { type SubresourceEntry, subresourcesOf } from "../discovery/subresources.ts";
import { hasProtobuf } from "../request/protobuf-write.ts";
import { capitalized, OperationNames } from "./operation-names.ts";
import {
  deleteCollectionParameters,
  deleteParameters,
  listParameters,
  nameParameter,
  namespaceParameter,
  type Parameter,
  patchParameters,
  prettyParameter,
  proxiedPathParameter,
  subresourceParameters,
  writeParameters,
} from "./parameters.ts";

/** One thing that can be done at a path. Both versions of OpenAPI are written from it. */
export interface Operation {
  readonly method: "delete" | "get" | "head" | "options" | "patch" | "post" | "put";
  readonly id: string;
  readonly doc?: string;
  /** What is done to which kind; absent where the path is of no kind. */
  readonly action?: string;
  readonly kind?: GroupVersionKind;
  readonly tag: string;
  readonly parameters: readonly Parameter[];
  /** The definition of the body; `patch` for anything that changes an object, `options` for how it is deleted. */
  readonly body?: { readonly definition: string; readonly required: boolean; readonly form: "custom patch" | "object" | "patch" };
  /** Status codes besides 401; each answers the same. */
  readonly codes: readonly number[];
  /** The definition that is answered, or plain text. */
  readonly answer: { readonly definition: string } | "text";
  readonly streams: boolean;
  /** Answers in binary forms too: all of the built-in kinds do. */
  readonly binary?: boolean;
  /** The media types of bodies and of answers, where they aren't those of objects; none are told of. */
  readonly takes?: readonly string[];
  readonly gives?: readonly string[];
}

// What the pipeline can answer and take; a media type more there is a line more here.
export const objectTypes: readonly string[] = ["application/json", "application/yaml"];
export const binaryTypes: readonly string[] = ["application/vnd.kubernetes.protobuf", "application/cbor"];

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface PathItem {
  readonly path: string;
  /** Those that all operations of the path share. */
  readonly parameters: readonly Parameter[];
  readonly operations: readonly Operation[];
}

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
export const statusDefinition: string = `${meta}.Status`;
export const watchEventDefinition: string = `${meta}.WatchEvent`;
export const deleteOptionsDefinition: string = `${meta}.DeleteOptions`;
export const patchDefinition: string = `${meta}.Patch`;

/** Every path of a kind, its subresources included. `kindOf` finds the definitions of kinds that subresources answer with. */
export function pathsOf(kind: Kind, kindOf: (wanted: GroupVersionKind) => Kind | undefined): readonly PathItem[] {
  const { collection, everywhere, object } = pathNames(kind);
  const namer = new OperationNames(kind);
  const items: PathItem[] = [];
  const add = (path: string, always: readonly Parameter[], operations: readonly Operation[]): void => {
    if (operations.length > 0) items.push(pathItem(path, always, operations));
  };
  const placed = kind.scope === "Namespaced" ? [namespaceParameter] : [];
  add(collection, [...placed, prettyParameter], collectionOperations(kind, namer));
  add(object, [nameParameter(kind.kind), ...placed, prettyParameter], objectOperations(kind, namer));
  for (const subresource of subresourcesOf(kind)) {
    const answered = kindOf({
      group: subresource.group ?? kind.group,
      version: subresource.version ?? kind.version,
      kind: subresource.kind,
    });
    const common = [nameParameter(subresource.kind), ...placed];
    const path = `${object}/${subresource.name}`;
    if (isConnection(subresource)) {
      const connected = [...common, ...(subresourceParameters[subresource.name] ?? [])];
      add(path, connected, connectOperations(kind, subresource, namer, ""));
      if (subresource.name === "proxy") {
        add(`${path}/{path}`, [...connected, proxiedPathParameter], connectOperations(kind, subresource, namer, "WithPath"));
      }
    } else if (subresource.name === "log") {
      add(path, [...common, ...(subresourceParameters["log"] ?? [])], [logOperation(kind, namer)]);
    } else if (answered !== undefined) {
      add(path, [...common, prettyParameter], subresourceOperations(kind, subresource, answered, namer));
    }
  }
  if (everywhere !== undefined && kind.verbs.includes("list"))
    add(everywhere, [prettyParameter], [listOperation(kind, namer, "ForAllNamespaces")]);
  const binary = hasProtobuf(kind);
  return [...items, ...watchPathsOf(kind, namer)].map((item) => ({
    ...item,
    operations: item.operations.map((operation) => ({ ...operation, binary })),
  }));
}

/** The deprecated form of watches, which old clients know: below `/watch/`. */
function watchPathsOf(kind: Kind, namer: OperationNames): readonly PathItem[] {
  if (!kind.verbs.includes("watch")) return [];
  const { collection, everywhere, object } = pathNames(kind);
  const below = (path: string): string => path.replace(`/${kind.version}/`, `/${kind.version}/watch/`);
  const placed = kind.scope === "Namespaced" ? [namespaceParameter] : [];
  const item = (path: string, always: readonly Parameter[], action: "watch" | "watchlist", suffix: string): PathItem =>
    pathItem(
      below(path),
      [...always, ...listParameters, prettyParameter],
      [
        {
          method: "get",
          id: namer.name("watch", suffix),
          doc: `watch ${action === "watch" ? `an object of kind ${kind.kind}` : `objects of kind ${kind.kind}`}; deprecated, use the parameter watch of a list`,
          action,
          kind: gvkOf(kind),
          tag: namer.tag,
          parameters: [],
          codes: [200],
          answer: { definition: watchEventDefinition },
          streams: true,
        },
      ],
    );
  return [
    item(collection, placed, "watchlist", "List"),
    item(object, [nameParameter(kind.kind), ...placed], "watch", ""),
    ...(everywhere === undefined ? [] : [item(everywhere, [], "watchlist", "ListForAllNamespaces")]),
  ];
}

function pathNames({ group, version, scope, resource }: Kind): {
  readonly collection: string;
  readonly everywhere?: string;
  readonly object: string;
} {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = scope === "Namespaced" ? `${root}/namespaces/{namespace}/${resource}` : `${root}/${resource}`;
  return { collection, object: `${collection}/{name}`, ...(scope === "Namespaced" ? { everywhere: `${root}/${resource}` } : {}) };
}

/** Parameters that every operation of a path has are written once, with the path. */
function pathItem(path: string, always: readonly Parameter[], operations: readonly Operation[]): PathItem {
  const [first, ...others] = operations;
  const shared = (first?.parameters ?? []).filter((each) => others.every(({ parameters }) => parameters.includes(each)));
  return {
    path,
    parameters: [...always, ...shared].toSorted((a, b) => (a.name === b.name ? (a.in < b.in ? -1 : 1) : a.name < b.name ? -1 : 1)),
    operations: operations.map((operation) => ({
      ...operation,
      parameters: operation.parameters.filter((each) => !shared.includes(each)),
    })),
  };
}

export function definitionOf(kind: Kind): string {
  return (kind.schema.node as ObjectNode).name;
}

function listDefinitionOf(kind: Kind): string {
  return kind.listKind === undefined ? `${definitionOf(kind)}List` : definitionOf(kind).replace(/[^.]*$/, kind.listKind);
}

/** The list of a kind as a schema of its own. */
export function listNodeOf(kind: Kind): ObjectNode {
  return listObject(listDefinitionOf(kind), `A list of objects of the kind ${kind.kind}.`, kind.schema).node as ObjectNode;
}

function gvkOf({ group, version, kind }: GroupVersionKind): GroupVersionKind {
  return { group, version, kind };
}

function collectionOperations(kind: Kind, namer: OperationNames): readonly Operation[] {
  const does = (verb: Verb): boolean => kind.verbs.includes(verb);
  const common = { kind: gvkOf(kind), tag: namer.tag, streams: false };
  return [
    ...(does("deletecollection")
      ? [
          {
            ...common,
            method: "delete",
            id: namer.collection("delete"),
            doc: `delete collection of ${kind.kind}`,
            action: "deletecollection",
            parameters: deleteCollectionParameters,
            body: { definition: deleteOptionsDefinition, required: false, form: "object" },
            codes: [200],
            answer: { definition: statusDefinition },
          } as const,
        ]
      : []),
    ...(does("list") ? [listOperation(kind, namer, "")] : []),
    ...(does("create") ? [createOperation(kind, { namer, doc: `create ${withArticle(kind)}`, suffix: "" })] : []),
  ];
}

/** With its article, unless the kind is a plural (Endpoints). */
function withArticle({ kind, singular, resource }: Kind): string {
  if (singular === resource) return kind;
  return /^[AEIOU]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

function listOperation(kind: Kind, namer: OperationNames, suffix: "" | "ForAllNamespaces"): Operation {
  return {
    method: "get",
    id: namer.name("list", suffix),
    doc: `list or watch objects of kind ${kind.kind}`,
    action: "list",
    kind: gvkOf(kind),
    tag: namer.tag,
    parameters: listParameters,
    codes: [200],
    answer: { definition: listDefinitionOf(kind) },
    streams: true,
  };
}

interface Naming {
  readonly namer: OperationNames;
  readonly doc: string;
  readonly suffix: string;
}

function createOperation(answered: Kind, { namer, doc, suffix }: Naming): Operation {
  return {
    method: "post",
    id: namer.name("create", suffix),
    doc,
    action: "post",
    kind: gvkOf(answered),
    tag: namer.tag,
    parameters: writeParameters,
    body: { definition: definitionOf(answered), required: true, form: "object" },
    codes: [200, 201, 202],
    answer: { definition: definitionOf(answered) },
    streams: false,
  };
}

/** Reading, replacing and patching: of the object itself, and of a part of it. */
function readWriteOperations(answered: Kind, verbs: readonly Verb[], { namer, doc, suffix }: Naming): readonly Operation[] {
  const common = { kind: gvkOf(answered), tag: namer.tag, answer: { definition: definitionOf(answered) }, streams: false };
  return [
    ...(verbs.includes("get")
      ? [
          {
            ...common,
            method: "get",
            id: namer.name("read", suffix),
            doc: `read ${doc}`,
            action: "get",
            parameters: [],
            codes: [200],
          } as const,
        ]
      : []),
    ...(verbs.includes("patch")
      ? [
          {
            ...common,
            method: "patch",
            id: namer.name("patch", suffix),
            doc: `partially update ${doc}`,
            action: "patch",
            parameters: patchParameters,
            body: { definition: patchDefinition, required: true, form: answered.values === undefined ? "patch" : "custom patch" },
            codes: [200, 201],
          } as const,
        ]
      : []),
    ...(verbs.includes("update")
      ? [
          {
            ...common,
            method: "put",
            id: namer.name("replace", suffix),
            doc: `replace ${doc}`,
            action: "put",
            parameters: writeParameters,
            body: { definition: definitionOf(answered), required: true, form: "object" },
            codes: [200, 201],
          } as const,
        ]
      : []),
  ];
}

function objectOperations(kind: Kind, namer: OperationNames): readonly Operation[] {
  return [
    ...(kind.verbs.includes("delete")
      ? [
          {
            method: "delete",
            id: namer.name("delete"),
            doc: `delete ${withArticle(kind)}`,
            action: "delete",
            kind: gvkOf(kind),
            tag: namer.tag,
            parameters: deleteParameters,
            body: { definition: deleteOptionsDefinition, required: false, form: "object" },
            codes: [200, 202],
            answer: { definition: kind.strategy.answersDeleted === true ? definitionOf(kind) : statusDefinition },
            streams: false,
          } as const,
        ]
      : []),
    ...readWriteOperations(kind, kind.verbs, { namer, doc: `the specified ${kind.kind}`, suffix: "" }),
  ];
}

function subresourceOperations(kind: Kind, { name, verbs }: SubresourceEntry, answered: Kind, namer: OperationNames): readonly Operation[] {
  const naming = { namer, doc: `${name} of the specified ${kind.kind}`, suffix: capitalized(name) };
  return [
    ...(verbs.includes("create") ? [createOperation(answered, { ...naming, doc: `create ${name} of ${withArticle(kind)}` })] : []),
    ...readWriteOperations(answered, verbs, naming),
  ];
}

function logOperation(kind: Kind, namer: OperationNames): Operation {
  return {
    method: "get",
    id: namer.name("read", "Log"),
    doc: `read log of the specified ${kind.kind}`,
    action: "get",
    kind: gvkOf(kind),
    tag: namer.tag,
    parameters: [],
    codes: [200],
    answer: "text",
    streams: false,
    gives: ["text/plain", ...objectTypes, ...binaryTypes],
  };
}

function isConnection({ name }: SubresourceEntry): boolean {
  return name === "attach" || name === "exec" || name === "portforward" || name === "proxy";
}

function connectOperations(
  kind: Kind,
  { name, kind: options }: SubresourceEntry,
  namer: OperationNames,
  suffix: string,
): readonly Operation[] {
  const methods = name === "proxy" ? (["delete", "get", "head", "options", "patch", "post", "put"] as const) : (["get", "post"] as const);
  return methods.map((method) => ({
    method,
    id: namer.connection(method, `${capitalized(name)}${suffix}`),
    doc: `connect ${method.toUpperCase()} requests to ${name} of ${kind.kind}`,
    action: "connect",
    kind: { group: kind.group, version: kind.version, kind: options },
    tag: namer.tag,
    parameters: [],
    codes: [200],
    answer: "text",
    streams: false,
  }));
}
