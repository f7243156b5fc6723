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
