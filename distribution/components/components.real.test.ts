import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DeploymentKind, LeaseKind, PodKind, ReplicaSetKind, SecretKind, ServiceAccountKind, ServiceKind } from "@kubets/api";
import { expect, test } from "vitest";
import { freePort } from "../envtest/testing/replay.ts";
import { ask, type ComponentProcess, eventually, type SeparateCluster, startSeparateCluster } from "./testing/separate-cluster.ts";

const soon = ["--leader-elect-lease-duration=4s", "--leader-elect-renew-deadline=3s", "--leader-elect-retry-period=500ms"];

interface Contender {
  readonly process: ComponentProcess;
  readonly url: string;
}

async function contend(
  cluster: SeparateCluster,
  component: "kube-controller-manager" | "kube-scheduler",
  ...flags: readonly string[]
): Promise<Contender> {
  const kubeconfig = await cluster.kubeconfigOf(component);
  const port = await freePort();
  const process = cluster.start([
    component.replace("kube-", ""),
    ...["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"].map((name) => `--${name}=${kubeconfig}`),
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    ...soon,
    ...flags,
  ]);
  return { process, url: `https://127.0.0.1:${port}` };
}

const managerFlags = ({ folder }: SeparateCluster): readonly string[] => [
  "--use-service-account-credentials",
  `--root-ca-file=${join(folder, "pki/ca.crt")}`,
  `--service-account-private-key-file=${join(folder, "pki/sa.key")}`,
  `--cluster-signing-cert-file=${join(folder, "pki/ca.crt")}`,
  `--cluster-signing-key-file=${join(folder, "pki/ca.key")}`,
];

async function holderOf({ client }: SeparateCluster, name: string): Promise<string> {
  const lease = await client
    .resource(LeaseKind)
    .in("kube-system")
    .get(name)
    .catch(() => undefined);
  return lease?.spec.holderIdentity ?? "";
}

const readyReplicas = async ({ client }: SeparateCluster): Promise<number> =>
  (await client.resource(DeploymentKind).in("default").get("web")).status.readyReplicas ?? 0;

const web = {
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
  },
};

test("components of their own processes run a cluster; a leader that is killed is replaced, one that ends gives its lease up", async () => {
  await using cluster = await startSeparateCluster({ simulatedNodes: 2 });
  const names = ["kube-controller-manager", "kube-scheduler"] as const;
  const contenders: Record<string, Contender[]> = {};
  const firsts: Record<string, string> = {};
  for (const name of names) {
    const flags = name === "kube-scheduler" ? [] : managerFlags(cluster);
    const first = await contend(cluster, name, ...flags);
    firsts[name] = await eventually(
      () => holderOf(cluster, name),
      (holder) => holder !== "",
    );
    expect(firsts[name], first.process.said()).not.toBe("");
    contenders[name] = [first, await contend(cluster, name, ...flags)];
  }
  const deployments = cluster.client.resource(DeploymentKind).in("default");
  await deployments.create(web);
  expect(
    await eventually(
      () => readyReplicas(cluster),
      (ready) => ready === 2,
    ),
  ).toBe(2);

  // No more rights than the default roles give: nothing was refused.
  for (const { process } of Object.values(contenders).flat()) expect(process.said()).not.toMatch(/forbidden/i);
  const accounts = (await cluster.client.resource(ServiceAccountKind).in("kube-system").list()).items.map(({ metadata }) => metadata.name);
  expect(accounts).toEqual(expect.arrayContaining(["deployment-controller", "replicaset-controller"]));

  // What each tells of itself: health to all, metrics to those who may read them.
  const administrator = await cluster.certificates.client("admin");
  for (const { url } of [contenders[names[0]]![0]!, contenders[names[1]]![0]!]) {
    const open = await Promise.all(["/healthz", "/livez", "/readyz", "/readyz/informer-sync"].map((path) => ask(`${url}${path}`)));
    expect(open.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => ({ status: 200, text: "ok" })));
    // As upstream, only these three paths are open.
    expect(open[3]?.status).toBe(403);
    expect(await ask(`${url}/metrics`)).toMatchObject({ status: 403 });
    expect(await ask(`${url}/metrics`, { headers: { authorization: "Bearer nonsense" } })).toMatchObject({ status: 401 });
    const metrics = await eventually(
      () => ask(`${url}/metrics`, { certificate: administrator }),
      ({ status }) => status === 200,
    );
    expect(metrics.text).toContain("leader_election_master_status");
  }

  for (const name of names) await contenders[name]![0]!.process.end("SIGKILL");
  const killed = performance.now();
  for (const name of names) {
    const next = await eventually(
      () => holderOf(cluster, name),
      (holder) => holder !== "" && holder !== firsts[name],
    );
    expect(["", firsts[name]]).not.toContain(next);
  }
  const took = performance.now() - killed;
  await deployments.patch("web", { spec: { replicas: 3 } }, { type: "merge" });
  expect(
    await eventually(
      () => readyReplicas(cluster),
      (ready) => ready === 3,
    ),
  ).toBe(3);
  console.log(`components: the others lead ${Math.round(took)} ms after the leaders were killed, with leases of 4 s`);

  for (const name of names) {
    expect(await contenders[name]![1]!.process.end("SIGTERM")).toBe(0);
    expect(await holderOf(cluster, name)).toBe("");
  }
});

test("a scheduler with a configuration has its profiles; the cloud's controllers give addresses", async () => {
  await using cluster = await startSeparateCluster({ simulatedNodes: 3 });
  const { client, folder } = cluster;
  const configuration = join(folder, "scheduler.yaml");
  const kubeconfig = await cluster.kubeconfigOf("kube-scheduler");
  writeFileSync(
    configuration,
    `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection: { kubeconfig: ${JSON.stringify(kubeconfig)} }
leaderElection: { leaderElect: false }
profiles:
- schedulerName: default-scheduler
- schedulerName: packer
  pluginConfig:
  - name: NodeResourcesFit
    args: { scoringStrategy: { type: MostAllocated, resources: [{ name: cpu, weight: 1 }] } }
  plugins:
    score:
      disabled: [{ name: NodeResourcesBalancedAllocation }, { name: PodTopologySpread }, { name: ImageLocality }]
`,
  );
  cluster.start(["scheduler", `--config=${configuration}`, "--secure-port=0"]);
  const manager = await cluster.kubeconfigOf("kube-controller-manager");
  cluster.start([
    "controller-manager",
    `--kubeconfig=${manager}`,
    "--secure-port=0",
    ...managerFlags(cluster),
    "--controllers=*,-deployment",
  ]);
  cluster.start([
    "cloud-controller-manager",
    `--kubeconfig=${manager}`,
    "--use-service-account-credentials",
    "--load-balancer-range=10.244.255.0/24",
    "--secure-port=0",
  ]);
  const accounts = client.resource(ServiceAccountKind).in("default");
  await eventually(
    () => accounts.get("default").catch(() => undefined),
    (account) => account !== undefined,
  );
  await client.resource(DeploymentKind).in("default").create(web);
  const pods = client.resource(PodKind).in("default");
  const resources = { requests: { cpu: "2" } };
  for (const name of ["one", "two", "three"]) {
    await pods.create({ metadata: { name }, spec: { schedulerName: "packer", containers: [{ name, image: "web:1", resources }] } });
    const pod = await eventually(
      () => pods.get(name),
      ({ spec }) => spec.nodeName !== undefined,
    );
    expect(pod.spec.nodeName).toBeDefined();
  }
  const nodes = new Set((await pods.list()).items.map(({ spec }) => spec.nodeName));
  expect(nodes.size).toBe(1);

  const services = client.resource(ServiceKind).in("default");
  await services.create({ metadata: { name: "web" }, spec: { type: "LoadBalancer", selector: { app: "web" }, ports: [{ port: 80 }] } });
  const service = await eventually(
    () => services.get("web"),
    ({ status }) => (status.loadBalancer.ingress ?? []).length > 0,
  );
  expect(service.status.loadBalancer.ingress?.[0]?.ip).toMatch(/^10\.244\.255\.\d+$/);

  // Tokens of Secrets are signed by the manager's key, and hold.
  const secrets = client.resource(SecretKind).in("default");
  await secrets.create({
    metadata: { name: "token", annotations: { "kubernetes.io/service-account.name": "default" } },
    type: "kubernetes.io/service-account-token",
  });
  const secret = await eventually(
    () => secrets.get("token"),
    ({ data }) => data?.["token"] !== undefined,
  );
  const token = Buffer.from(`${secret.data?.["token"]}`, "base64").toString();
  const who = await ask(`${cluster.url}/api`, { headers: { authorization: `Bearer ${token}` } });
  expect(who.status).toBe(200);

  // The deployment controller was left out: nothing followed from what was there before all that.
  expect((await client.resource(ReplicaSetKind).in("default").list()).items).toEqual([]);
});
