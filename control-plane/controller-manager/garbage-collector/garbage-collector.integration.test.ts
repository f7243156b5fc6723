import { ConfigMapKind, DeploymentKind, PodKind, ReplicaSetKind } from "@kubets/api";
import { isStatus, type OwnerReference } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: 0, seed: 1 });
});
afterAll(async () => {
  expect(cluster.failures).toEqual([]);
  await cluster[Symbol.asyncDispose]();
});
const maps = () => cluster.client.resource(ConfigMapKind).in("default");
const namesOf = async (labelSelector: string): Promise<readonly string[]> =>
  (await maps().list({ labelSelector })).items.map(({ metadata }) => metadata.name).toSorted();

/** Who owns whom, by number: an object may be owned by any made before it. */
const graphs = fc
  .integer({ min: 1, max: 12 })
  .chain((size) =>
    fc.tuple(...Array.from({ length: size }, (_, index) => fc.subarray(Array.from({ length: index }, (__, before) => before)))),
  );

/** What is left after some objects are deleted: those without owners, and those with an owner that is left. */
function survivors(owners: readonly (readonly number[])[], deleted: ReadonlySet<number>): readonly number[] {
  const left = new Set<number>();
  for (const [index, list] of owners.entries()) {
    if (!deleted.has(index) && (list.length === 0 || list.some((owner) => left.has(owner)))) left.add(index);
  }
  return [...left];
}

let round = 0;
test("whatever owns what: nothing with an owner that stays is ever deleted, and all without one goes", async () => {
  await fc.assert(
    fc.asyncProperty(
      graphs,
      fc.array(fc.nat(11), { minLength: 1, maxLength: 4 }),
      fc.constantFrom("Background" as const, "Foreground" as const),
      fc.boolean(),
      async (owners, chosen, propagationPolicy, blockOwnerDeletion) => {
        const run = `run-${round++}`;
        const uids: string[] = [];
        for (const [index, list] of owners.entries()) {
          const ownerReferences = list.map((owner): OwnerReference => {
            return { apiVersion: "v1", kind: "ConfigMap", name: `${run}-${owner}`, uid: uids[owner]!, blockOwnerDeletion };
          });
          const made = await maps().create({ metadata: { name: `${run}-${index}`, labels: { run }, ownerReferences } });
          uids.push(made.metadata.uid);
        }
        const deleted = new Set(chosen.filter((index) => index < owners.length));
        const left = survivors(owners, deleted).map((index) => `${run}-${index}`);
        for (const index of deleted) {
          try {
            await maps().delete(`${run}-${index}`, { propagationPolicy });
          } catch (error) {
            // It went with an owner before its turn came.
            if (!isStatus(error, "NotFound")) throw error;
          }
        }
        await cluster.clock.advance("30s");
        expect(await namesOf(`run=${run}`)).toEqual(left.toSorted());
      },
    ),
    { numRuns: 40, seed: 20_261_121 },
  );
}, 60_000);

test("a dependent that is made after its owner has gone goes too", async () => {
  const owner = await maps().create({ metadata: { name: "owner" } });
  await maps().delete("owner");
  const reference = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.metadata.uid };
  await maps().create({ metadata: { name: "late", labels: { run: "late" }, ownerReferences: [reference] } });
  await cluster.settle();
  expect(await namesOf("run=late")).toEqual([]);
});

test("an owner of the same name that was made anew owns nothing of the old one's", async () => {
  const first = await maps().create({ metadata: { name: "owner" } });
  const reference = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: first.metadata.uid };
  await maps().create({ metadata: { name: "of-the-first", labels: { run: "anew" }, ownerReferences: [reference] } });
  await maps().delete("owner", { propagationPolicy: "Background" });
  await maps().create({ metadata: { name: "owner" } });
  await cluster.settle();
  expect(await namesOf("run=anew")).toEqual([]);
  await maps().delete("owner");
});

async function aDeployment(): Promise<void> {
  await cluster.apply(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web }, finalizers: [example.com/hold] }
    spec: { containers: [{ name: web, image: "web:1" }] }
`);
  await cluster.settle();
}
const counts = async (): Promise<readonly number[]> => [
  (await cluster.client.resource(DeploymentKind).list()).items.length,
  (await cluster.client.resource(ReplicaSetKind).list()).items.length,
  (await cluster.client.resource(PodKind).list()).items.length,
];
async function letPodsGo(): Promise<void> {
  const pods = cluster.client.resource(PodKind).in("default");
  for (const { metadata } of (await pods.list()).items)
    await pods.patch(metadata.name, { metadata: { finalizers: null } }, { type: "merge" });
  await cluster.settle();
}

test("foreground deletion holds every owner until its dependents are gone", async () => {
  await aDeployment();
  await cluster.client.resource(DeploymentKind).in("default").delete("web", { propagationPolicy: "Foreground" });
  await cluster.settle();
  expect(await counts()).toEqual([1, 1, 2]);
  const deployment = await cluster.client.resource(DeploymentKind).in("default").get("web");
  expect(deployment.metadata.finalizers).toEqual(["foregroundDeletion"]);
  await letPodsGo();
  expect(await counts()).toEqual([0, 0, 0]);
});

test("background deletion lets owners go first", async () => {
  await aDeployment();
  await cluster.client.resource(DeploymentKind).in("default").delete("web", { propagationPolicy: "Background" });
  await cluster.settle();
  expect(await counts()).toEqual([0, 0, 2]);
  await letPodsGo();
  expect(await counts()).toEqual([0, 0, 0]);
});

test("orphaning leaves the dependents, and a Deployment that is made again takes them back", async () => {
  await aDeployment();
  const [replicaSet] = (await cluster.client.resource(ReplicaSetKind).list()).items;
  await cluster.client.resource(DeploymentKind).in("default").delete("web", { propagationPolicy: "Orphan" });
  await cluster.settle();
  expect(await counts()).toEqual([0, 1, 2]);
  await aDeployment();
  expect(await counts()).toEqual([1, 1, 2]);
  const adopted = await cluster.client.resource(ReplicaSetKind).in("default").get(replicaSet!.metadata.name);
  expect(adopted.metadata).toMatchObject({ uid: replicaSet!.metadata.uid, ownerReferences: [{ kind: "Deployment", name: "web" }] });
});
