import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { kinds, NodeKind } from "@kubets/api";
import type { Instant, KubernetesObject } from "@kubets/machinery";
import { heartbeatRetention } from "@kubets/distribution/retention";
import { createMemoryStore, encodeImage } from "@kubets/store/memory";
import { expect, test } from "vitest";
import type { Cluster, ClusterOptions } from "./cluster.ts";
import { type ClusterTemplate, contentFrom, decodeTemplate, encodeTemplate, templateOf } from "./cluster-template.ts";
import { clusterForTemplate, startCluster } from "./start-cluster.ts";

const startTime = Date.UTC(2027, 4, 6, 7, 8, 9) as Instant;

async function objectsOf(cluster: Cluster): Promise<readonly KubernetesObject[]> {
  const listed = kinds.filter(({ verbs }) => verbs.includes("list"));
  return (await Promise.all(listed.map((kind) => cluster.client.resource(kind).list()))).flatMap(({ items }) => items);
}

/** A line for each object, with every uid named by the place where it comes first. */
function lines(objects: readonly object[]): readonly string[] {
  const known = new Map<string, string>();
  return objects.map((object) =>
    JSON.stringify(object).replaceAll(/[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}/g, (uid) => {
      const bare = uid.replaceAll("-", "");
      if (!known.has(bare)) known.set(bare, `${known.size}`);
      return `uid ${known.get(bare)!} in ${uid.length} letters`;
    }),
  );
}

const fromNothing = (options: ClusterOptions): Promise<Cluster> =>
  startCluster({ ...options, store: async (surroundings) => createMemoryStore({ ...surroundings, retention: heartbeatRetention }) });

test.each<ClusterOptions>([
  {},
  { nodes: 3 },
  { nodes: 0, controllers: false, scheduler: false },
  { nodes: 2, loadBalancerRange: "203.0.113.0/24", rootCertificate: "PEM", heartbeat: "5m", runtimeConfig: "api/beta=true" },
])("a cluster %o begins with the objects that it would have written itself, at the same revisions", async (options) => {
  await using copied = await startCluster({ ...options, seed: 7, startTime });
  await using written = await fromNothing({ ...options, seed: 7, startTime });
  expect(lines(await objectsOf(copied))).toEqual(lines(await objectsOf(written)));
  expect(copied.failures).toEqual([]);
});

test("what the first reads of a cluster say, its bytes say", async () => {
  await using cluster = await startCluster({ nodes: 2, seed: 7, startTime });
  // From a file, objects come as bytes alone.
  const file = join(mkdtempSync(join(tmpdir(), "kubets-template-")), "cluster");
  (await cluster.snapshot()).save(file);
  await using restored = await startCluster({ snapshot: file });
  rmSync(dirname(file), { recursive: true });
  expect(await objectsOf(restored)).toEqual(await objectsOf(cluster));
});

test("a template is the same whenever it is made, and from its file", async () => {
  const [made, again] = [templateOf(await clusterForTemplate({ nodes: 2 })), templateOf(await clusterForTemplate({ nodes: 2 }))];
  const file = Buffer.from(encodeTemplate(made));
  expect(file.equals(encodeTemplate(again))).toBe(true);
  const begin = (template: ClusterTemplate): unknown => {
    const { store, decoded, ...others } = contentFrom(template, { seed: 3, now: startTime });
    return {
      ...others,
      decoded: Object.keys(template.objects).map((key) => decoded?.(key)),
      image: Buffer.from(encodeImage(store)).toString(),
    };
  };
  expect(begin(decodeTemplate(file))).toEqual(begin(made));
  expect(() => decodeTemplate(file.subarray(1))).toThrow("Cannot begin from the template of a cluster: it is another file");
});

test("each seed has uids of its own, and each cluster its time", async () => {
  await using first = await startCluster({ seed: 1, startTime });
  await using second = await startCluster({ seed: 2, startTime: (startTime + 86_400_000) as Instant });
  const uids = (await Promise.all([first, second].map(objectsOf))).flat().flatMap(({ metadata }) => metadata.uid ?? []);
  expect(new Set(uids).size).toBe(uids.length);
  const nodes = await Promise.all([first, second].map(({ client }) => client.resource(NodeKind).get("simulated-0")));
  expect(nodes.map(({ metadata }) => metadata.creationTimestamp)).toEqual(["2027-05-06T07:08:09Z", "2027-05-07T07:08:09Z"]);
  expect(lines(await objectsOf(second)).filter((line) => /2027-05-06|2001-02-03/.test(line))).toEqual([]);
});
