import {
  APIServiceKind,
  CustomResourceDefinitionKind,
  DeploymentKind,
  type HorizontalPodAutoscaler,
  HorizontalPodAutoscalerKind,
  PodKind,
  ServiceKind,
} from "@kubets/api";
import { type Dialer, type DialResponse, formatTime } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

/** What the metrics APIs answer: by the beginning of the path, and given the rest of it. */
type Answers = Readonly<Record<string, (cluster: Cluster, target: string) => Promise<object> | object>>;

/** A cluster whose metrics APIs are what a test says, behind the API server as any aggregated API is. */
async function measured(answers: Answers, groups: readonly string[]): Promise<Cluster> {
  const answer = async (target: string): Promise<DialResponse> => {
    const [, found] = Object.entries(answers).find(([path]) => target.startsWith(path)) ?? [];
    const body = found === undefined ? { kind: "APIResourceList", resources: [] } : await found(cluster, target);
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      body: (async function* () {
        yield bytes;
      })(),
    };
  };
  const dialer: Dialer = {
    request: async (_target, { target }) => answer(target),
    upgrade: async (_target, { target }) => answer(target),
  };
  const cluster = await startCluster({ nodes: 2, seed: 1, server: { dialer } });
  const service = { type: "ExternalName", externalName: "metrics.example.com", ports: [{ port: 443 }] } as const;
  await cluster.client
    .resource(ServiceKind)
    .in("kube-system")
    .create({ metadata: { name: "metrics" }, spec: service });
  for (const group of groups)
    await cluster.client.resource(APIServiceKind).create({
      metadata: { name: `v1beta1.${group}` },
      spec: {
        group,
        version: "v1beta1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name: "metrics", namespace: "kube-system" },
      },
    });
  await cluster.settle();
  return cluster;
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1", resources: { requests: { cpu: 100m } } }] }
`;
const autoscaler = (metrics: readonly object[], spec: object = {}): HorizontalPodAutoscaler =>
  ({
    metadata: { name: "web", namespace: "default" },
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, minReplicas: 1, maxReplicas: 10, metrics, ...spec },
  }) as unknown as HorizontalPodAutoscaler;
const cpu = { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } };
const replicasOf = async (cluster: Cluster): Promise<number> =>
  (await cluster.client.resource(DeploymentKind).in("default").get("web")).spec.replicas;
const statusOf = async (cluster: Cluster): Promise<HorizontalPodAutoscaler["status"]> =>
  (await cluster.client.resource(HorizontalPodAutoscalerKind).in("default").get("web")).status;

/** What every Pod of the cluster uses, in thousandths of a processor, until the test says otherwise. */
function podMetrics(load: { milli: number }): Answers {
  return {
    "/apis/metrics.k8s.io/v1beta1/namespaces/": async (cluster) => {
      const pods = (await cluster.client.resource(PodKind).in("default").list()).items.filter(({ status }) => status.phase === "Running");
      const items = pods.map(({ metadata: { name, namespace } }) => ({
        metadata: { name, namespace },
        timestamp: formatTime(cluster.clock.now()),
        window: "15s",
        containers: [{ name: "web", usage: { cpu: `${load.milli}m`, memory: "10Mi" } }],
      }));
      return { kind: "PodMetricsList", apiVersion: "metrics.k8s.io/v1beta1", metadata: {}, items };
    },
  };
}

test("replicas follow what Pods use: at once when it is more, after five minutes when it is less", async () => {
  const load = { milli: 50 };
  await using cluster = await measured(podMetrics(load), ["metrics.k8s.io"]);
  await cluster.apply(deployment);
  await cluster.clock.advance("10m");
  await cluster.client
    .resource(HorizontalPodAutoscalerKind)
    .in("default")
    .create(autoscaler([cpu]));
  await cluster.clock.advance("1m");
  expect(await replicasOf(cluster)).toBe(2);
  load.milli = 100;
  await cluster.clock.advance("20s");
  expect(await replicasOf(cluster)).toBe(4);
  load.milli = 10;
  await cluster.clock.advance("4m");
  expect(await replicasOf(cluster)).toBe(4);
  await cluster.clock.advance("2m");
  expect(await replicasOf(cluster)).toBe(1);
  const { conditions, currentMetrics } = await statusOf(cluster);
  expect(conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
    "AbleToScale True",
    "ScalingActive True",
    "ScalingLimited False",
  ]);
  expect(currentMetrics).toMatchObject([{ resource: { name: "cpu", current: { averageUtilization: 10, averageValue: "10m" } } }]);
  expect(cluster.failures).toEqual([]);
});

test("policies hold back how fast there are more", async () => {
  await using cluster = await measured(podMetrics({ milli: 1000 }), ["metrics.k8s.io"]);
  await cluster.apply(deployment);
  await cluster.clock.advance("10m");
  const behavior = { scaleUp: { policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] } };
  await cluster.client
    .resource(HorizontalPodAutoscalerKind)
    .in("default")
    .create(autoscaler([cpu], { behavior }));
  const sizes: number[] = [];
  await cluster.clock.advance("50s");
  sizes.push(await replicasOf(cluster));
  for (let minute = 0; minute < 2; minute++) {
    await cluster.clock.advance("1m");
    sizes.push(await replicasOf(cluster));
  }
  expect(sizes).toEqual([3, 4, 5]);
  expect((await statusOf(cluster)).conditions?.at(-1)).toMatchObject({ type: "ScalingLimited", status: "True", reason: "ScaleUpLimit" });
});

test("without a metrics API it says what is missing, and goes on once there is one", async () => {
  await using cluster = await startCluster({ nodes: 2, seed: 1 });
  await cluster.apply(deployment);
  await cluster.client
    .resource(HorizontalPodAutoscalerKind)
    .in("default")
    .create(autoscaler([cpu]));
  await cluster.clock.advance("1m");
  expect((await statusOf(cluster)).conditions).toMatchObject([
    { type: "AbleToScale", status: "True", reason: "SucceededGetScale" },
    {
      type: "ScalingActive",
      status: "False",
      reason: "FailedGetResourceMetric",
      message:
        "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)",
    },
  ]);
  expect(await replicasOf(cluster)).toBe(2);
});

test("custom and external metrics come from their APIs, and a custom resource is scaled like any other", async () => {
  const asked: string[] = [];
  const value =
    (amount: string) =>
    (cluster: Cluster, target: string): object => {
      asked.push(target);
      return { items: [{ describedObject: { name: "main" }, timestamp: formatTime(cluster.clock.now()), value: amount }] };
    };
  await using cluster = await measured(
    {
      "/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/ingresses.networking.k8s.io/": value("30"),
      "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue": value("45"),
    },
    ["custom.metrics.k8s.io", "external.metrics.k8s.io"],
  );
  const schema = {
    type: "object",
    properties: {
      spec: { type: "object", properties: { size: { type: "integer" } } },
      status: { type: "object", properties: { size: { type: "integer" }, selector: { type: "string" } } },
    },
  };
  const scale = { specReplicasPath: ".spec.size", statusReplicasPath: ".status.size", labelSelectorPath: ".status.selector" };
  await cluster.client.resource(CustomResourceDefinitionKind).create({
    metadata: { name: "farms.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { kind: "Farm", plural: "farms" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema }, subresources: { status: {}, scale } }],
    },
  });
  await cluster.settle();
  const { transport } = cluster.client;
  const { signal } = new AbortController();
  const path = "/apis/example.com/v1/namespaces/default/farms";
  const farm = { apiVersion: "example.com/v1", kind: "Farm", metadata: { name: "web" }, spec: { size: 1 } };
  await transport.send({ method: "POST", target: path, headers: {}, body: farm }, signal);
  const status = { status: { size: 1, selector: "app=web" } };
  const headers = { "content-type": "application/merge-patch+json" };
  await transport.send({ method: "PATCH", target: `${path}/web/status`, headers, body: status }, signal);
  await cluster.apply(
    "apiVersion: v1\nkind: Pod\nmetadata: { name: a, labels: { app: web } }\nspec: { containers: [{ name: web, image: web }] }",
  );
  await cluster.settle();
  const described = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", name: "main" };
  const metrics = [
    { type: "Object", object: { describedObject: described, metric: { name: "hits" }, target: { type: "Value", value: "10" } } },
    {
      type: "External",
      external: {
        metric: { name: "queue", selector: { matchLabels: { of: "web" } } },
        target: { type: "AverageValue", averageValue: "10" },
      },
    },
  ];
  const scaleTargetRef = { apiVersion: "example.com/v1", kind: "Farm", name: "web" };
  await cluster.client.resource(HorizontalPodAutoscalerKind).in("default").create(autoscaler(metrics, { scaleTargetRef }));
  await cluster.clock.advance("20s");
  const grown = await (await transport.send({ method: "GET", target: `${path}/web`, headers: {} }, signal)).object();
  // 45 for 10 each; not more than four at once from one, in two steps.
  expect(grown).toMatchObject({ spec: { size: 5 } });
  expect(asked).toContain("/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/ingresses.networking.k8s.io/main/hits");
  expect(asked).toContain("/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue?labelSelector=of%3Dweb");
});

test("two autoscalers of the same Pods hold each other back, and say so", async () => {
  await using cluster = await measured(podMetrics({ milli: 100 }), ["metrics.k8s.io"]);
  await cluster.apply(deployment);
  await cluster.clock.advance("10m");
  const autoscalers = cluster.client.resource(HorizontalPodAutoscalerKind).in("default");
  await autoscalers.create(autoscaler([cpu], { maxReplicas: 2 }));
  await autoscalers.create({
    ...autoscaler([cpu], { maxReplicas: 2 }),
    metadata: { name: "other", namespace: "default" },
  } as HorizontalPodAutoscaler);
  await cluster.clock.advance("1m");
  expect((await statusOf(cluster)).conditions?.[1]).toMatchObject({ status: "False", reason: "AmbiguousSelector" });
});
