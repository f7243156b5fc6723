import { kinds } from "@kubets/api";
import { expect, test } from "vitest";
import { type GroupList, readJson, type ResourceList } from "../api-operations.ts";
import { conformanceCluster } from "../conformance-cluster.ts";

const cluster = conformanceCluster();

test("AM-048 the documents of every group agree on its versions, and each version has resources", async () => {
  const { groups } = (await readJson(cluster.client, "/apis")) as GroupList;
  expect(groups.length).toBeGreaterThan(0);
  for (const group of groups) {
    const own = (await readJson(cluster.client, `/apis/${group.name}`)) as GroupList["groups"][number];
    expect(own.versions).toEqual(group.versions);
    for (const { groupVersion, version } of group.versions) {
      expect(groupVersion).toBe(`${group.name}/${version}`);
      const document = (await readJson(cluster.client, `/apis/${groupVersion}`)) as ResourceList;
      expect(document.groupVersion).toBe(groupVersion);
      expect(document.resources.filter(({ name, kind, verbs }) => name !== "" && kind !== "" && verbs.length > 0)).not.toEqual([]);
    }
  }
});

test("AM-049 every group prefers one of its versions", async () => {
  const { groups } = (await readJson(cluster.client, "/apis")) as GroupList;
  for (const { versions, preferredVersion } of groups) expect(versions).toContainEqual(preferredVersion);
});

test("AM-099 the server tells its version in two whole numbers", async () => {
  const { major, minor } = (await readJson(cluster.client, "/version")) as { readonly major: string; readonly minor: string };
  expect([major, minor]).toEqual(["1", expect.stringMatching(/^\d+$/)]);
});

interface AggregatedDiscovery {
  readonly kind: string;
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly { readonly version: string; readonly resources: readonly { readonly resource: string }[] }[];
  }[];
}

async function readAggregated(path: "/api" | "/apis", version: "v2" | "v2beta1"): Promise<AggregatedDiscovery> {
  const accept = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  const { transport } = cluster.client;
  const answer = await transport.send({ method: "GET", target: path, headers: { accept } }, new AbortController().signal);
  expect([answer.status, answer.headers["content-type"]]).toEqual([200, accept]);
  return answer.object() as Promise<AggregatedDiscovery>;
}

function resourcesOf({ items }: AggregatedDiscovery): readonly string[] {
  return items.flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources }) => resources.map(({ resource }) => `${metadata.name ?? ""}/${version}/${resource}`)),
  );
}

const builtIn = kinds.map(({ group, version, resource }) => `${group}/${version}/${resource}`).toSorted();

test("AM-025 a client that asks for everything at once finds every built-in resource", async () => {
  const [core, groups] = [await readAggregated("/api", "v2"), await readAggregated("/apis", "v2")];
  expect([...resourcesOf(core), ...resourcesOf(groups)].toSorted()).toEqual(expect.arrayContaining(builtIn));
});

test("AM-027 /api and /apis are answered as one document each when asked for it, in both of its versions", async () => {
  for (const version of ["v2", "v2beta1"] as const) await readsAsOne(version);
});

async function readsAsOne(version: "v2" | "v2beta1"): Promise<void> {
  const [core, groups] = [await readAggregated("/api", version), await readAggregated("/apis", version)];
  for (const document of [core, groups]) {
    expect(document).toMatchObject({ kind: "APIGroupDiscoveryList", apiVersion: `apidiscovery.k8s.io/${version}` });
  }
  expect(resourcesOf(core)).toEqual(builtIn.filter((each) => each.startsWith("/")));
  expect(resourcesOf(groups)).toEqual(expect.arrayContaining(builtIn.filter((each) => !each.startsWith("/"))));
}
