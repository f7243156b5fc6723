import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { EndpointsKind, EndpointSliceKind, type Node, NodeKind, PodKind, ServiceAccountKind, ServiceKind } from "@kubets/api";
import { writeImageArchive } from "@kubets/container-runtime";
import { dnsObjects } from "@kubets/dns";
import { busyboxImage, echoImage } from "@kubets/images";
import { openNodeSystem } from "@kubets/kubelet/node";
import { whyNoRealNode } from "@kubets/kubelet/testing";
import { createTasks, silent, unmeasured } from "@kubets/machinery";
import { createSystemClock, turn } from "@kubets/machinery/node";
import { releaseName } from "@kubets/pod-network/node";
import { expect, test } from "vitest";
import { kubeconfig } from "../certificates/index.ts";
import { freePort } from "../envtest/testing/replay.ts";
import { freeRanges } from "../free-ranges.ts";
import { startNodeFoundation } from "../local-node.ts";
import { ask, type ComponentProcess, eventually, type SeparateCluster, startSeparateCluster } from "./testing/separate-cluster.ts";

const run = promisify(execFile);
const reason = whyNoRealNode();
const nodeName = "apart";
const cgroupRoot = `kubets-apart-${process.pid}`;
const dnsAddress = "10.0.0.10";

interface Machine extends AsyncDisposable {
  readonly socket: string;
  readonly gateway: string;
  readonly podRange: string;
}

/** The machine's part: a container runtime with the images that are asked for, and the network that it gives to Pods. */
async function machine(folder: string): Promise<Machine> {
  const tasks = createTasks({ turn });
  const { podRange } = freeRanges(folder);
  const surroundings = { clock: createSystemClock(), tasks, logger: silent, metrics: unmeasured };
  const owner = { cluster: `apart-${process.pid}`, directory: join(folder, "node") };
  const { containerd, network, gateway } = await startNodeFoundation({ ...surroundings, ...owner, podRange });
  const archive = join(folder, "images.tar");
  const images = { "docker.io/library/busybox:1": busyboxImage(), "docker.io/library/echo:1": echoImage() };
  writeFileSync(archive, writeImageArchive(Object.entries(images).map(([name, image]) => ({ name, image }))));
  await containerd.importImages(archive);
  return {
    socket: containerd.socketPath,
    gateway,
    podRange,
    async [Symbol.asyncDispose]() {
      await containerd.purge();
      await network.remove();
      releaseName(owner);
    },
  };
}

async function kubeletFlags(
  cluster: SeparateCluster,
  { gateway: address, socket }: Machine,
): Promise<{ readonly flags: readonly string[]; readonly port: number }> {
  const { folder, certificates, url } = cluster;
  const { client } = await certificates.kubelet(nodeName, { hostnames: [nodeName], addresses: [address] });
  const file = join(folder, "kubelet.kubeconfig");
  writeFileSync(file, kubeconfig({ name: nodeName, server: url, authority: certificates.authority, user: { certificate: client } }));
  const port = await freePort();
  mkdirSync(join(folder, "manifests"));
  const configuration = join(folder, "kubelet.yaml");
  writeFileSync(
    configuration,
    `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: { x509: { clientCAFile: ${join(folder, "pki/ca.crt")} } }
tlsCertFile: ${join(folder, `pki/kubelet-${nodeName}-serving.crt`)}
tlsPrivateKeyFile: ${join(folder, `pki/kubelet-${nodeName}-serving.key`)}
staticPodPath: ${join(folder, "manifests")}
podLogsDir: ${join(folder, "logs")}
maxPods: 7
`,
  );
  const flags = [
    "kubelet",
    `--config=${configuration}`,
    `--kubeconfig=${file}`,
    `--root-dir=${join(folder, "kubelet")}`,
    `--hostname-override=${nodeName}`,
    `--node-ip=${address}`,
    "--node-labels=disk=fast",
    "--register-with-taints=example.com/dedicated=tests:PreferNoSchedule",
    `--address=${address}`,
    `--port=${port}`,
    `--cgroup-root=/${cgroupRoot}`,
    `--container-runtime-endpoint=unix://${socket}`,
    `--cluster-dns=${dnsAddress}`,
  ];
  return { flags, port };
}

/** Where the cluster's DNS listens, for Pods to find by its Service. */
async function tellOfDns({ client }: SeparateCluster, address: string, port: number): Promise<void> {
  const { service, endpoints, endpointSlice } = dnsObjects({ clusterIP: dnsAddress, address, port });
  await client.resource(ServiceKind).in("kube-system").create(service);
  await client.resource(EndpointsKind).in("kube-system").create(endpoints);
  await client.resource(EndpointSliceKind).in("kube-system").create(endpointSlice);
}

test.skipIf(reason !== undefined)(reason ?? "a node of processes: a Pod runs, and is reached by its Service and by its name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kubets-apart-"));
  await using undo = new AsyncDisposableStack();
  undo.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  undo.defer(() => cleanUp(folder));
  const host = undo.use(await machine(folder));
  const pki = join(folder, "pki");
  const cluster = undo.use(
    await startSeparateCluster({
      folder,
    }),
  );
  const { client, certificates } = cluster;
  const manager = await cluster.kubeconfigOf("kube-controller-manager");
  cluster.start([
    "controller-manager",
    `--kubeconfig=${manager}`,
    "--use-service-account-credentials",
    `--root-ca-file=${join(pki, "ca.crt")}`,
    "--secure-port=0",
    "--leader-elect=false",
  ]);
  cluster.start(["scheduler", `--kubeconfig=${await cluster.kubeconfigOf("kube-scheduler")}`, "--secure-port=0", "--leader-elect=false"]);
  const [proxyHealth, proxyMetrics, kubeletHealth, dnsPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const { flags: nodeFlags } = await kubeletFlags(cluster, host);
  const startKubelet = (): ComponentProcess => cluster.start([...nodeFlags, `--healthz-port=${kubeletHealth}`]);
  const kubelet = startKubelet();
  const proxy = cluster.start([
    "proxy",
    `--kubeconfig=${await cluster.kubeconfigOf("kube-proxy")}`,
    `--hostname-override=${nodeName}`,
    `--cluster-cidr=${host.podRange}`,
    `--healthz-bind-address=127.0.0.1:${proxyHealth}`,
    `--metrics-bind-address=127.0.0.1:${proxyMetrics}`,
  ]);
  const dns = cluster.start([
    "dns",
    `--kubeconfig=${await cluster.kubeconfigOf("kube-dns")}`,
    `--address=${host.gateway}`,
    `--port=${dnsPort}`,
    `--service-address=${dnsAddress}`,
    `--clients=${host.podRange}`,
  ]);
  await tellOfDns(cluster, host.gateway, dnsPort);

  const nodes = client.resource(NodeKind);
  const isReady = (node: Node | undefined): boolean =>
    node?.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
  const node = await eventually(() => nodes.get(nodeName).catch(() => undefined), isReady);
  expect(isReady(node), kubelet.said()).toBe(true);
  expect(node).toMatchObject({
    metadata: { labels: { disk: "fast", "kubernetes.io/hostname": nodeName } },
    spec: { taints: expect.arrayContaining([{ key: "example.com/dedicated", value: "tests", effect: "PreferNoSchedule" }]) as unknown },
    status: { allocatable: { pods: "7" } },
  });
  // The manifest of a static Pod, and a Pod by the scheduler.
  const containers = (name: string, image: string, more: object = {}): readonly object[] => [
    { name, image, imagePullPolicy: "Never", ...more },
  ];
  writeFileSync(
    join(folder, "manifests", "static.yaml"),
    JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "static" }, spec: { containers: containers("static", "echo:1") } }),
  );
  await eventually(
    () =>
      client
        .resource(ServiceAccountKind)
        .in("default")
        .get("default")
        .catch(() => undefined),
    (account) => account !== undefined,
  );
  const pods = client.resource(PodKind).in("default");
  const create = (name: string, spec: object): Promise<unknown> =>
    client.transport.send(
      {
        method: "POST",
        target: "/api/v1/namespaces/default/pods",
        headers: {},
        body: { apiVersion: "v1", kind: "Pod", metadata: { name, labels: { app: name } }, spec },
      },
      new AbortController().signal,
    );
  await create("web", { containers: containers("web", "echo:1"), terminationGracePeriodSeconds: 1 });
  await client
    .resource(ServiceKind)
    .in("default")
    .create({ metadata: { name: "web" }, spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] } });
  const script =
    "until a=$(nslookup -type=a web.default.svc.cluster.local | sed -n 's/^Address: //p') && wget -qO- http://$a/hostname; do sleep 0.2; done";
  await create("asker", { restartPolicy: "Never", containers: containers("asker", "busybox:1", { command: ["sh", "-c", script] }) });
  const asker = await eventually(
    () => pods.get("asker"),
    ({ status }) => status.phase === "Succeeded",
  );
  expect(
    asker.status.phase,
    [JSON.stringify((await pods.list()).items.map(({ status }) => status)), ...[kubelet, proxy, dns].map(({ said }) => said())].join("\n"),
  ).toBe("Succeeded");
  const log = await ask(`${cluster.url}/api/v1/namespaces/default/pods/asker/log`, { certificate: await certificates.client("admin") });
  expect(log).toEqual({ status: 200, text: expect.stringContaining("web") as string });
  const statics = await eventually(
    () => pods.get(`static-${nodeName}`).catch(() => undefined),
    (pod) => pod?.status.phase === "Running",
  );
  expect(statics?.status.phase).toBe("Running");

  // From the machine itself, by the Service's address; and what each tells of itself.
  const { spec } = await client.resource(ServiceKind).in("default").get("web");
  const get = async (url: string): Promise<string> => (await fetch(url)).text();
  expect((await get(`http://${spec.clusterIP}/hostname`)).trim()).toBe("web");
  expect([await get(`http://127.0.0.1:${kubeletHealth}/healthz`), await get(`http://127.0.0.1:${proxyMetrics}/proxyMode`)]).toEqual([
    "ok",
    "nftables",
  ]);
  expect((await fetch(`http://127.0.0.1:${proxyHealth}/healthz`)).status).toBe(200);
  expect(await get(`http://127.0.0.1:${proxyMetrics}/metrics`)).toContain("kubeproxy_sync_proxy_rules");

  // Containers outlive their kubelet, and the next one takes them over.
  const before = (await pods.get("web")).status.containerStatuses?.[0]?.containerID;
  expect(await kubelet.end("SIGTERM")).toBe(0);
  expect((await get(`http://${spec.clusterIP}/hostname`)).trim()).toBe("web");
  const next = startKubelet();
  await pods.delete("web");
  const left = await eventually(
    () => pods.get("web").catch(() => undefined),
    (pod) => pod === undefined,
  );
  expect([before?.startsWith("containerd://"), left], next.said()).toEqual([true, undefined]);

  // Rules outlive their proxy, until they are cleaned up.
  const tables = async (): Promise<string> => (await run("nft", ["list", "tables"])).stdout;
  expect(await proxy.end("SIGTERM")).toBe(0);
  expect(await tables()).toContain("table ip kube-proxy\n");
  expect(await cluster.start(["proxy", "--cleanup"]).ended).toBe(0);
  expect(await tables()).not.toContain("table ip kube-proxy\n");
  rmSync(join(folder, "manifests", "static.yaml"));
  await pods.delete("asker");
  await eventually(
    async () => (await pods.list()).items,
    (items) => items.length === 0,
  );
});

/** Should the test have failed half way: rules, mounts and control groups that its components left for the next start. */
async function cleanUp(folder: string): Promise<void> {
  await run("nft", ["delete", "table", "ip", "kube-proxy"]).catch(() => undefined);
  const system = await openNodeSystem({ storagePath: folder });
  for (const place of await system.mounts.below(join(folder, "kubelet"))) await system.mounts.unmount(place);
  await system.cgroups.remove(`/${cgroupRoot}`);
}
