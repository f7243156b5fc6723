import { CommandError } from "../errors.ts";
import { type JsonObject, listAt, textAt, valueAt } from "../json-object.ts";
import type { Api } from "./api.ts";

/** A resource that a server serves, as discovery tells of it. */
export interface ApiResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The plural, as it stands in paths. */
  readonly resource: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
}

/** The resources of a server: of each group every version, the preferred one first. */
export interface ApiResources {
  readonly all: readonly ApiResource[];
  /** By plural, singular, short name or kind, with or without group: `deploy`, `deployments.apps`, `deployment.v1.apps`. */
  named(name: string): ApiResource;
  /** What a name stands for: one resource, or all of a category (`all`). */
  inCategory(name: string): readonly ApiResource[];
  ofKind(apiVersion: string, kind: string): ApiResource | undefined;
}

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Asks a server what it serves. */
export async function discover(api: Api): Promise<ApiResources> {
  const [core, groups] = await Promise.all(
    ["/api", "/apis"].map((path) => api.request({ method: "GET", path, accept: `${aggregated},application/json` })),
  );
  const all = [...(await resourcesAt(api, "/api", core)), ...(await resourcesAt(api, "/apis", groups))];
  return {
    all,
    named: (name) => find(all, name),
    inCategory: (name) => preferred(all).filter(({ categories }) => categories.includes(name)),
    ofKind: (apiVersion, kind) => all.find((each) => apiVersionOf(each) === apiVersion && each.kind === kind),
  };
}

export function apiVersionOf({ group, version }: Pick<ApiResource, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

/** `pods`, `deployments.apps`: as server and client name a resource in messages. */
export function qualified(name: string, { group }: Pick<ApiResource, "group">): string {
  return group === "" ? name : `${name}.${group}`;
}

/** `pod/x`, `deployment.apps/x`: as `-o name` prints an object. */
export function objectName(resource: ApiResource, name: string): string {
  return `${qualified(resource.kind.toLowerCase(), resource)}/${name}`;
}

/** Of each group and resource only the version that the server prefers. */
export function preferred(all: readonly ApiResource[]): readonly ApiResource[] {
  const seen = new Set<string>();
  return all.filter((each) => {
    const key = `${each.group}/${each.resource}`;
    return !seen.has(key) && seen.add(key);
  });
}

function find(all: readonly ApiResource[], name: string): ApiResource {
  const lower = name.toLowerCase();
  const answersTo = (each: ApiResource, word: string): boolean =>
    each.resource === word || each.singular === word || each.kind.toLowerCase() === word;
  const [word = "", ...rest] = lower.split(".");
  const suffix = rest.join(".");
  const matches = (each: ApiResource): boolean =>
    rest.length === 0
      ? answersTo(each, word)
      : answersTo(each, word) &&
        (each.group === suffix || `${each.version}.${each.group}` === suffix || each.group.startsWith(`${suffix}.`));
  const shortened = rest.length === 0 ? all.find((each) => each.shortNames.includes(word)) : undefined;
  const found = all.find(matches) ?? shortened;
  if (found === undefined) throw new CommandError(`the server doesn't have a resource type "${name}"`);
  return found;
}

async function resourcesAt(api: Api, root: "/api" | "/apis", answer: unknown): Promise<readonly ApiResource[]> {
  if (textAt(answer, "kind") === "APIGroupDiscoveryList") return listAt(answer, "items").flatMap(ofAggregatedGroup);
  // A server before v1.26, or an aggregated one in between, tells of one group version at a time.
  const groupVersions =
    root === "/api"
      ? (listAt(answer, "versions") as unknown as readonly string[])
      : listAt(answer, "groups").flatMap((group) => listAt(group, "versions").map((version) => textAt(version, "groupVersion")));
  const lists = await Promise.all(groupVersions.map((groupVersion) => api.request({ method: "GET", path: `${root}/${groupVersion}` })));
  return lists.flatMap((list) => {
    const [group, version] = splitApiVersion(textAt(list, "groupVersion"));
    return listAt(list, "resources")
      .filter((each) => !textAt(each, "name").includes("/"))
      .map((each) => ({
        ...facts(each),
        group,
        version,
        kind: textAt(each, "kind"),
        resource: textAt(each, "name"),
        singular: textAt(each, "singularName"),
        namespaced: each["namespaced"] === true,
      }));
  });
}

function ofAggregatedGroup(item: JsonObject): readonly ApiResource[] {
  const group = textAt(item, "metadata", "name");
  return listAt(item, "versions").flatMap((version) =>
    listAt(version, "resources").map((each) => ({
      ...facts(each),
      group,
      version: textAt(version, "version"),
      kind: textAt(each, "responseKind", "kind"),
      resource: textAt(each, "resource"),
      singular: textAt(each, "singularResource"),
      namespaced: textAt(each, "scope") === "Namespaced",
    })),
  );
}

function facts(each: JsonObject): Pick<ApiResource, "shortNames" | "categories" | "verbs"> {
  const texts = (name: string): readonly string[] => (valueAt(each, name) as readonly string[] | undefined) ?? [];
  return { shortNames: texts("shortNames"), categories: texts("categories"), verbs: texts("verbs") };
}

/** Group and version of an `apiVersion`. */
export function splitApiVersion(apiVersion: string): readonly [group: string, version: string] {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? ["", apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}
