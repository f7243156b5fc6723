/** What a server behind this one says that it serves, as `APIResourceDiscovery` of aggregated discovery. */
export type ResourceDiscovery = Readonly<Record<string, unknown>>;

/**
 * Turns an `APIResourceList`, which every server answers under `/apis/GROUP/VERSION`, into the entries of aggregated discovery; what in it
 * is no resource is left out. `undefined` when it is no such list at all.
 */
export function resourcesOf(document: unknown): readonly ResourceDiscovery[] | undefined {
  if (!isRecord(document) || document["kind"] !== "APIResourceList" || !Array.isArray(document["resources"])) return undefined;
  const entries = document["resources"].filter(isRecord).flatMap(entryOf);
  const byName = Map.groupBy(
    entries.filter(({ subresource }) => subresource !== ""),
    ({ name }) => name,
  );
  return entries
    .filter(({ subresource }) => subresource === "")
    .map(({ name, discovery }) => {
      const subresources = byName.get(name);
      return subresources === undefined ? discovery : { ...discovery, subresources: subresources.map(subresourceOf) };
    });
}

interface Entry {
  readonly name: string;
  readonly subresource: string;
  readonly discovery: ResourceDiscovery;
}

function entryOf(resource: Readonly<Record<string, unknown>>): readonly Entry[] {
  const [name = "", subresource = ""] = textOf(resource["name"]).split("/");
  const kind = textOf(resource["kind"]);
  if (name === "" || kind === "") return [];
  const responseKind = { group: textOf(resource["group"]), version: textOf(resource["version"]), kind };
  const shortNames = textsOf(resource["shortNames"]);
  const categories = textsOf(resource["categories"]);
  const discovery = {
    resource: name,
    responseKind,
    scope: resource["namespaced"] === true ? "Namespaced" : "Cluster",
    singularResource: textOf(resource["singularName"]),
    verbs: textsOf(resource["verbs"]),
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
  return [{ name, subresource, discovery }];
}

function subresourceOf({ subresource, discovery }: Entry): ResourceDiscovery {
  return { subresource, responseKind: discovery["responseKind"], verbs: discovery["verbs"] };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** Where a server has its OpenAPI v3 document of a group version, from its index at `/openapi/v3`; `undefined` when it names none. */
export function documentUrlOf(index: unknown, path: string): string | undefined {
  if (!isRecord(index) || !isRecord(index["paths"])) return undefined;
  const entry = index["paths"][path];
  const url = isRecord(entry) ? textOf(entry["serverRelativeURL"]) : "";
  return url.startsWith(`/openapi/v3/${path}`) ? url : undefined;
}
