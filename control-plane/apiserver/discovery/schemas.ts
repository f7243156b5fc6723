import { type Field, flag, list, object, type Schema, string, struct, text, typeMeta } from "@kubets/machinery";
import type { VersionInfo } from "../endpoints/version.ts";

// The schemas of the documents by which clients find out what a server serves.

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";

export interface GroupVersion {
  readonly groupVersion: string;
  readonly version: string;
}

interface ServerAddress {
  readonly clientCIDR: string;
  readonly serverAddress: string;
}

/** `/api`. */
export interface ApiVersions {
  readonly kind: "APIVersions";
  readonly apiVersion?: "v1";
  readonly versions: readonly string[];
  readonly serverAddressByClientCIDRs: readonly ServerAddress[];
}

/** A group, without what it is called in its own document. */
export interface GroupEntry {
  readonly name: string;
  readonly versions: readonly GroupVersion[];
  readonly preferredVersion?: GroupVersion;
  readonly serverAddressByClientCIDRs?: readonly ServerAddress[];
}

/** `/apis/GROUP`. */
export interface ApiGroup extends GroupEntry {
  readonly kind?: "APIGroup";
  readonly apiVersion?: "v1";
}

/** `/apis`. */
export interface ApiGroupList {
  readonly kind: "APIGroupList";
  readonly apiVersion: "v1";
  readonly groups: readonly ApiGroup[];
}

export interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
}

/** `/api/v1` and `/apis/GROUP/VERSION`. */
export interface ApiResourceList {
  readonly kind: "APIResourceList";
  readonly apiVersion?: "v1";
  readonly groupVersion: string;
  readonly resources: readonly ApiResource[];
}

/** The documents of the core group leave their version out. */
const coreVersion: Field<"v1", false> = text<"v1">({ field: 0, doc: "The version of the document." });

const groupVersion: Schema<GroupVersion> = object<GroupVersion>(`${meta}.GroupVersionForDiscovery`, "A version of a group.", {
  groupVersion: text({ field: 1, required: true, doc: "Group and version as an object's apiVersion has them." }),
  version: text({ field: 2, required: true, doc: "The version alone." }),
});

const serverAddress: Schema<ServerAddress> = object<ServerAddress>(
  `${meta}.ServerAddressByClientCIDR`,
  "Where some clients reach the server.",
  {
    clientCIDR: text({ field: 1, required: true, doc: "The addresses of these clients." }),
    serverAddress: text({ field: 2, required: true, doc: "Host or IP, perhaps with a port." }),
  },
);

export const apiVersionsSchema: Schema<ApiVersions> = object<ApiVersions>(`${meta}.APIVersions`, "The versions of the core group.", {
  ...typeMeta<"APIVersions", "v1">(),
  apiVersion: coreVersion,
  versions: list(string, { field: 1, required: true, listType: "atomic", doc: "Their names." }),
  serverAddressByClientCIDRs: list(serverAddress, {
    field: 2,
    required: true,
    listType: "atomic",
    doc: "Where the server is reached, by the client's address.",
  }),
});

export const apiGroupSchema: Schema<ApiGroup> = object<ApiGroup>(`${meta}.APIGroup`, "A group and its versions.", {
  kind: text<"APIGroup">({ field: 0, doc: "What the document is." }),
  apiVersion: coreVersion,
  name: text({ field: 1, required: true, doc: "What the group is called." }),
  versions: list(groupVersion, { field: 2, required: true, listType: "atomic", doc: "Its versions, the most preferred first." }),
  preferredVersion: struct(groupVersion, { field: 3, doc: "The version to use where nothing speaks for another." }),
  serverAddressByClientCIDRs: list(serverAddress, {
    field: 4,
    listType: "atomic",
    doc: "Where the server of the group is reached, by the client's address.",
  }),
});

export const apiGroupListSchema: Schema<ApiGroupList> = object<ApiGroupList>(`${meta}.APIGroupList`, "All groups but the core group.", {
  ...typeMeta<"APIGroupList", "v1">(),
  groups: list(apiGroupSchema, { field: 1, required: true, listType: "atomic", doc: "The groups, in the order of their priority." }),
});

const apiResource: Schema<ApiResource> = object<ApiResource>(
  `${meta}.APIResource`,
  "A resource or subresource, and what can be done with it.",
  {
    name: text({ field: 1, required: true, doc: "The plural, with the subresource after a slash." }),
    singularName: text({ field: 6, required: true, doc: "The singular, as people type it." }),
    namespaced: flag({ field: 2, required: true, doc: "Its objects are in namespaces." }),
    group: text({ field: 8, doc: "The group of what is read and written, where it is another than that of the list." }),
    version: text({ field: 9, doc: "Its version, where it is another than that of the list." }),
    kind: text({ field: 3, required: true, doc: "The kind that is read and written." }),
    // In protobuf they are a message of their own.
    verbs: {
      ...list(string, { field: 1, required: true, doc: "What can be done with it." }),
      embeddedIn: { field: 4, message: `${meta}.Verbs` },
    },
    shortNames: list(string, { field: 5, listType: "atomic", doc: "What people may type as well." }),
    categories: list(string, { field: 7, listType: "atomic", doc: "The names under which it is got together with others, such as `all`." }),
    storageVersionHash: text({ field: 10, doc: "Changes when its objects begin to be stored in another version." }),
  },
);

export const apiResourceListSchema: Schema<ApiResourceList> = object<ApiResourceList>(
  `${meta}.APIResourceList`,
  "The resources of one version of a group.",
  {
    ...typeMeta<"APIResourceList", "v1">(),
    apiVersion: coreVersion,
    groupVersion: text({ field: 1, required: true, doc: "The group and version." }),
    resources: list(apiResource, { field: 2, required: true, listType: "atomic", doc: "Resources and their subresources." }),
  },
);

export const versionInfoSchema: Schema<VersionInfo> = object<VersionInfo>("io.k8s.apimachinery.pkg.version.Info", "What the server is.", {
  major: text({ field: 0, required: true, doc: "The first number of the Kubernetes version." }),
  minor: text({ field: 0, required: true, doc: "The second number of the Kubernetes version." }),
  emulationMajor: text({ field: 0, doc: "The first number of the version that the server behaves like." }),
  emulationMinor: text({ field: 0, doc: "The second number of the version that the server behaves like." }),
  minCompatibilityMajor: text({ field: 0, doc: "The first number of the oldest version that it gets on with." }),
  minCompatibilityMinor: text({ field: 0, doc: "The second number of the oldest version that it gets on with." }),
  gitVersion: text({ field: 0, required: true, doc: "The whole version." }),
  gitCommit: text({ field: 0, required: true, doc: "What it was built from." }),
  gitTreeState: text({ field: 0, required: true, doc: "Whether that was clean." }),
  buildDate: text({ field: 0, required: true, doc: "When it was built." }),
  goVersion: text({ field: 0, required: true, doc: "The version of Go, of which there is none here." }),
  compiler: text({ field: 0, required: true, doc: "What it was compiled by." }),
  platform: text({ field: 0, required: true, doc: "Operating system and architecture." }),
});
