import { type ObjectNode, type SchemaNode } from "@kubets/machinery";
import type { ServedGroup } from "../discovery/documents.ts";
import { apiGroupListSchema, apiGroupSchema, apiResourceListSchema, apiVersionsSchema, versionInfoSchema } from "../discovery/schemas.ts";
import { capitalized, groupWords } from "./operation-names.ts";
import { binaryTypes, type GroupVersionKind, objectTypes, type Operation, type PathItem } from "./operations.ts";
import { logPathParameter } from "./parameters.ts";

/** Paths that are of no kind, as a document of their own shows them, with what they answer. */
export interface OtherPaths {
  /** Where version 3 has the document. */
  readonly document: string;
  readonly items: readonly PathItem[];
  readonly answers: ReadonlyMap<SchemaNode, readonly GroupVersionKind[]>;
}

/** Which of them a server has that isn't everywhere. */
export interface OtherPathsOptions {
  /** It shows its log files. */
  readonly logs?: boolean;
}

/** The paths by which clients find out what there is, those of single versions excepted, and those of the server itself. */
export function otherPaths(groups: readonly ServedGroup[], { logs = false }: OtherPathsOptions = {}): readonly OtherPaths[] {
  const discovered = groups
    .filter(({ name }) => name !== "")
    .map(({ name }): OtherPaths => {
      const words = groupWords(name);
      return discovery(`apis/${name}`, apiGroupSchema, {
        id: `get${words}APIGroup`,
        tag: uncapitalized(words),
        doc: "What there is of a group.",
      });
    });
  return [
    discovery("api", apiVersionsSchema, { id: "getCoreAPIVersions", tag: "core", doc: "The versions of the core group." }),
    discovery("apis", apiGroupListSchema, { id: "getAPIVersions", tag: "apis", doc: "The groups and their versions." }),
    ...discovered,
    // Clients in other languages have a method for each of these.
    textual(".well-known/openid-configuration", {
      id: "getServiceAccountIssuerOpenIDConfiguration",
      tag: "WellKnown",
      doc: "Who issues service-account tokens, and where the keys are.",
      gives: ["application/json"],
    }),
    textual("openid/v1/jwks", {
      id: "getServiceAccountIssuerOpenIDKeyset",
      tag: "openid",
      doc: "The keys that verify service-account tokens.",
      gives: ["application/jwk-set+json"],
    }),
    {
      document: "version",
      items: [
        item("version", {
          id: "getCodeVersion",
          tag: "version",
          doc: "The version of the server.",
          takes: ["application/json"],
          gives: ["application/json"],
          answer: { definition: nameOf(versionInfoSchema) },
          codes: [200],
        }),
      ],
      answers: new Map([[versionInfoSchema.node, []]]),
    },
    ...(logs ? [logFiles] : []),
  ];
}

/** The path of a group version: what resources it has. */
export function versionPaths(group: string, version: string): OtherPaths {
  const words = groupWords(group);
  const document = group === "" ? `api/${version}` : `apis/${group}/${version}`;
  return {
    document,
    items: [
      item(document, {
        id: `get${words}${capitalized(version)}APIResources`,
        tag: `${uncapitalized(words)}_${version}`,
        doc: "The resources that there are.",
        takes: [...objectTypes, ...binaryTypes],
        gives: [...objectTypes, ...binaryTypes],
        answer: { definition: nameOf(apiResourceListSchema) },
        codes: [200],
      }),
    ],
    answers: answersOf(apiResourceListSchema),
  };
}

const groupTypes: readonly string[] = [...objectTypes, "application/vnd.kubernetes.protobuf"];

type Named = Pick<Operation, "id" | "tag" | "doc">;

function discovery(document: string, schema: { readonly node: SchemaNode }, named: Named): OtherPaths {
  const answer = { definition: nameOf(schema) };
  return {
    document,
    items: [item(document, { ...named, takes: groupTypes, gives: groupTypes, answer, codes: [200] })],
    answers: answersOf(schema),
  };
}

function textual(document: string, operation: Named & Pick<Operation, "gives">): OtherPaths {
  return { document, items: [item(document, { ...operation, takes: [], answer: "text", codes: [200] })], answers: new Map() };
}

const logOperation = { tag: "logs", takes: [], gives: [], answer: "text", codes: [] } as const;

const logFiles: OtherPaths = {
  document: "logs",
  items: [
    item("logs", { ...logOperation, id: "logFileListHandler" }),
    { ...item("logs/{logpath}", { ...logOperation, id: "logFileHandler" }), path: "/logs/{logpath}", parameters: [logPathParameter] },
  ],
  answers: new Map(),
};

function item(path: string, operation: Omit<Operation, "method" | "parameters" | "streams">): PathItem {
  return { path: `/${path}/`, parameters: [], operations: [{ method: "get", parameters: [], streams: false, ...operation }] };
}

function answersOf(schema: { readonly node: SchemaNode }): OtherPaths["answers"] {
  const kind = nameOf(schema).split(".").at(-1)!;
  return new Map([[schema.node, [{ group: "", kind, version: "v1" }]]]);
}

function nameOf({ node }: { readonly node: SchemaNode }): string {
  return (node as ObjectNode).name;
}

function uncapitalized(word: string): string {
  return `${word.slice(0, 1).toLowerCase()}${word.slice(1)}`;
}
