import { EndpointSliceKind, EndpointsKind, PodKind, ServiceKind } from "@kubets/api";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

const gate = "example.com/warm";
const pod = (name: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: web } }
spec:
  readinessGates: [{ conditionType: ${gate} }]
  containers: [{ name: web, image: "web:1" }]
---`;
const service = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`;
const setWarm = async (cluster: Cluster, name: string, status: "True" | "False"): Promise<void> => {
  const patch = { status: { conditions: [{ type: gate, status }] } };
  await cluster.client.resource(PodKind).in("default").patch(name, patch, { type: "strategic", subresource: "status" });
  await cluster.settle();
};
/** What a proxy would see: in slices `name: ready serving terminating`, in Endpoints the names that are ready and those that aren't. */
async function seen(
  cluster: Cluster,
): Promise<{ readonly slices: readonly string[]; readonly ready: readonly string[]; readonly notReady: readonly string[] }> {
  const slices = (await cluster.client.resource(EndpointSliceKind).in("default").list()).items;
  const { subsets = [] } = await cluster.client.resource(EndpointsKind).in("default").get("web");
  return {
    slices: slices
      .flatMap(({ endpoints }) => endpoints)
      .map(({ targetRef, conditions = {} }) =>
        [targetRef!.name, ...(["ready", "serving", "terminating"] as const).filter((what) => conditions[what] === true)].join(" "),
      )
      .toSorted(),
    ready: subsets.flatMap(({ addresses = [] }) => addresses.map(({ targetRef }) => targetRef!.name!)),
    notReady: subsets.flatMap(({ notReadyAddresses = [] }) => notReadyAddresses.map(({ targetRef }) => targetRef!.name!)),
  };
}

test("slices and Endpoints follow the readiness of Pods, and go with their Service", async () => {
  await using cluster = await startCluster({ nodes: 1, seed: 1 });
  await cluster.apply(pod("a") + pod("b") + service);
  await cluster.settle();
  expect(await seen(cluster)).toEqual({ slices: ["a", "b"], ready: [], notReady: ["a", "b"] });
  await setWarm(cluster, "a", "True");
  expect(await seen(cluster)).toEqual({ slices: ["a ready serving", "b"], ready: ["a"], notReady: ["b"] });
  await setWarm(cluster, "b", "True");
  await setWarm(cluster, "a", "False");
  expect(await seen(cluster)).toEqual({ slices: ["a", "b ready serving"], ready: ["b"], notReady: ["a"] });

  const pods = cluster.client.resource(PodKind).in("default");
  await pods.patch("b", { metadata: { finalizers: ["example.com/hold"] } }, { type: "merge" });
  await pods.patch("a", { metadata: { labels: { app: "other" } } }, { type: "merge" });
  await cluster.settle();
  expect(await seen(cluster)).toEqual({ slices: ["b ready serving"], ready: ["b"], notReady: [] });

  await cluster.client.resource(ServiceKind).in("default").delete("web");
  await cluster.settle();
  expect((await cluster.client.resource(EndpointSliceKind).in("default").list()).items).toEqual([]);
  expect((await cluster.client.resource(EndpointsKind).in("default").list()).items).toEqual([]);
  expect(cluster.failures).toEqual([]);
});
