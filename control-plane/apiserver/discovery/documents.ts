import { apiVersionOf, type Kind } from "@kubets/machinery";
import { sha256 } from "@noble/hashes/sha2.js";
import type { RemoteVersion } from "./merged.ts";
import type { ApiGroup, ApiGroupList, ApiResource, ApiResourceList, ApiVersions, GroupEntry } from "./schemas.ts";
import { subresourcesOf } from "./subresources.ts";

/** The kinds of one group version, and of one group, in the order in which they are served. */
export interface ServedVersion {
  readonly version: string;
  /** None when another server serves it. */
  readonly kinds: readonly Kind[];
  readonly remote?: RemoteVersion;
}
export interface ServedGroup {
  /** `""` for the core group. */
  readonly name: string;
  /** Most preferred first. */
  readonly versions: readonly ServedVersion[];
}

/** Kinds by group and version: groups and versions in the order of their first kind, kinds by the name of their resource. */
export function servedGroups(kinds: readonly Kind[]): readonly ServedGroup[] {
  const groups = new Map<string, Map<string, Kind[]>>();
  for (const kind of kinds) {
    const versions = getOrAdd(groups, kind.group, () => new Map<string, Kind[]>());
    getOrAdd(versions, kind.version, () => []).push(kind);
  }
  return [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions].map(([version, inVersion]) => ({
      version,
      kinds: inVersion.toSorted((a, b) => (a.resource < b.resource ? -1 : 1)),
    })),
  }));
}

function getOrAdd<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

/** The group, version and kind under which objects of a kind are stored, when it isn't the kind itself. */
export type StorageVersion = (kind: Kind) => Pick<Kind, "group" | "kind" | "version">;

/** `/api`. `address` is where the server is reached, as the client reached it. */
export function apiVersions(address: string): ApiVersions {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
  };
}

/** `/apis`. */
export function apiGroupList(groups: readonly ServedGroup[]): ApiGroupList {
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.filter(({ name }) => name !== "").map(groupEntry) };
}

/** `/apis/GROUP`. */
export function apiGroup(group: ServedGroup): ApiGroup {
  return { kind: "APIGroup", apiVersion: "v1", ...groupEntry(group) };
}

function groupEntry({ name, versions }: ServedGroup): GroupEntry {
  const entries = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: entries, preferredVersion: entries[0]! };
}

/** `/api/v1` and `/apis/GROUP/VERSION`. */
export function apiResourceList(group: string, { version, kinds }: ServedVersion, storageVersion: StorageVersion): ApiResourceList {
  return {
    kind: "APIResourceList",
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: apiVersionOf({ group, version }),
    resources: kinds.flatMap((kind) => resourceEntries(kind, storageVersion)),
  };
}

function resourceEntries(kind: Kind, storageVersion: StorageVersion): readonly ApiResource[] {
  const namespaced = kind.scope === "Namespaced";
  return [
    {
      name: kind.resource,
      singularName: kind.singular,
      namespaced,
      kind: kind.kind,
      verbs: kind.verbs.toSorted(),
      ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
      ...(isStored(kind) ? { storageVersionHash: storageVersionHash(storageVersion(kind)) } : {}),
    },
    ...subresourcesOf(kind).map((subresource) => ({
      name: `${kind.resource}/${subresource.name}`,
      singularName: "",
      namespaced,
      ...(subresource.group === undefined ? {} : { group: subresource.group, version: subresource.version! }),
      kind: subresource.kind,
      verbs: subresource.verbs,
    })),
  ];
}

/** Reviews and bindings are answered, not kept. */
function isStored({ verbs }: Kind): boolean {
  return verbs.includes("create") && verbs.includes("get");
}

/** Changes when objects begin to be stored in another version: base64 of the first eight bytes of a SHA-256. */
export function storageVersionHash({ group, version, kind }: Pick<Kind, "group" | "kind" | "version">): string {
  const digest = sha256(new TextEncoder().encode(`${group}/${version}/${kind}`)).subarray(0, 8);
  return btoa(String.fromCharCode(...digest));
}

export type AggregatedVersion = "v2" | "v2beta1";

/** `/api` and `/apis` as one document, with all resources of the groups. Both versions of it look the same. */
export function groupDiscoveryList(groups: readonly ServedGroup[], version: AggregatedVersion): object {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(({ name, versions }) => ({
      metadata: name === "" ? {} : { name },
      versions: versions.map((served) => ({
        version: served.version,
        resources: served.remote?.resources ?? served.kinds.map(resourceDiscovery),
        freshness: served.remote?.freshness ?? "Current",
      })),
    })),
  };
}

function resourceDiscovery(kind: Kind): object {
  const subresources = subresourcesOf(kind).map((entry) => ({
    subresource: entry.name,
    responseKind: { group: entry.group ?? "", version: entry.version ?? "", kind: entry.kind },
    verbs: entry.verbs,
  }));
  return {
    resource: kind.resource,
    responseKind: { group: "", version: "", kind: kind.kind },
    scope: kind.scope,
    singularResource: kind.singular,
    verbs: kind.verbs.toSorted(),
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}
