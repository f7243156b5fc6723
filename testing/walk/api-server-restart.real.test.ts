import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isPodReady, LeaseKind, type Pod, PodKind, ServiceKind } from "@kubets/api";
import { type Client, createClient, createInformers, type Informers, type Transport } from "@kubets/client";
import { createKubeconfigTransport, readKubeconfig, selectContext } from "@kubets/client/node";
import { busyboxImage, echoImage, type Registry, startRegistry } from "@kubets/images";
import { runKubeProxy, type RunningKubeProxy } from "@kubets/kube-proxy";
import { createNftablesBackend } from "@kubets/kube-proxy/node";
import { nodeName, nodeOf, type NodeParts } from "@kubets/kubelet/testing";
import { createTasks, seededRandom, silent, unmeasured } from "@kubets/machinery";
import { createSystemClock, turn } from "@kubets/machinery/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, type Program, startProgram } from "@kubets/faults/program";
import { whyNoRealCluster } from "./real-cluster.ts";

// A control plane in a process of its own, and a node with kubelet and proxy in this one.

const obstacle = whyNoRealCluster();
if (obstacle !== undefined) console.warn(`The restart of an API server under a real node was not tried: ${obstacle}`);

describe.skipIf(obstacle !== undefined)("an API server that goes away and comes back", () => {
  const clock = createSystemClock();
  const tasks = createTasks({ turn });
  const surroundings = { clock, random: seededRandom(1), tasks, logger: silent };
  let home: string;
  let args: readonly string[];
  let apiServer: Program;
  let registry: Registry;
  let transport: Transport;
  let client: Client;
  let node: NodeParts;
  let informers: Informers;
  let proxy: RunningKubeProxy;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "kubets-restart-"));
    args = [
      "up",
      "--name",
      "restart",
      "--nodes",
      "none",
      "--output",
      "json",
      "--port",
      `${await freePort()}`,
      "--data-dir",
      join(home, "d"),
    ];
    registry = await startRegistry({ images: { "busybox:1": busyboxImage(), "echo:1": echoImage() } });
    apiServer = startProgram(args, home);
    const { kubeconfig } = await apiServer.ready;
    const context = selectContext(await readKubeconfig([kubeconfig]));
    transport = await createKubeconfigTransport(context, { tasks, clock, environment: {} });
    client = createClient(transport);
    node = await nodeOf({ client, kubeletClient: () => client, tasks, logger: silent });
    informers = createInformers({ ...surroundings, client });
    proxy = runKubeProxy({
      ...surroundings,
      informers,
      metrics: unmeasured,
      backend: createNftablesBackend({ table: "kubets-restart-services", family: "IPv4", tasks, logger: silent }),
      node: { name: nodeName, family: "IPv4", podRange: node.podRange },
    });
    await proxy.synced();
  }, 60_000);
  afterAll(async () => {
    const pods = client.resource(PodKind).in("default");
    await pods.deleteCollection({ gracePeriodSeconds: 0 });
    for (const name of ["web-1", "web-2", "faulty"]) await node.goneOnce(name);
    await proxy.stop();
    await informers.stop();
    await node[Symbol.asyncDispose]();
    await transport.close();
    await apiServer[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    rmSync(home, { recursive: true });
  }, 60_000);

  const run = async (name: string, container: object): Promise<void> => {
    const spec = { nodeName, terminationGracePeriodSeconds: 1, containers: [{ name: "main", ...container }] };
    const draft = { metadata: { name, labels: { app: name.split("-", 1)[0] } }, spec };
    await client
      .resource(PodKind)
      .in("default")
      .create(draft as Parameters<ReturnType<typeof client.resource<Pod>>["create"]>[0]);
  };
  const containersOf = ({ status }: Pod): object =>
    status.containerStatuses!.map(({ containerID, restartCount }) => [containerID, restartCount]);
  const eventually = { timeout: 30_000, interval: 50 };

  test("leaves the node as it is: containers run and restart, Services answer; then all that happened is told, and work goes on", async () => {
    const echo = { image: registry.nameOf("echo:1"), readinessProbe: { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 1 } };
    await run("web-1", echo);
    await run("faulty", {
      image: registry.nameOf("busybox:1"),
      command: ["sh", "-c", "while [ ! -e /tmp/die ]; do sleep 0.1; done; exit 7"],
    });
    const { spec } = await client
      .resource(ServiceKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] } });
    const answer = async (): Promise<string> => {
      const response = await fetch(`http://${spec.clusterIP}/hostname`, { signal: AbortSignal.timeout(1000) });
      return (await response.text()).trim();
    };
    const before = await node.podOnce("web-1", isPodReady);
    await node.podOnce("faulty", isPodReady);
    await expect.poll(answer, eventually).toBe("web-1");

    apiServer.kill("SIGKILL");
    await apiServer.ended;
    const faulty = async () => {
      const all = await node.containerd.runtime.listContainers({ state: "running", labels: { "io.kubernetes.pod.name": "faulty" } });
      return all.map(({ id, metadata }) => ({ id, attempt: metadata.attempt }));
    };
    const [first] = await faulty();
    await node.containerd.runtime.execSync(first!.id, ["touch", "/tmp/die"]);
    await expect.poll(async () => (await faulty()).map(({ attempt }) => attempt), eventually).toEqual([1]);
    expect(await answer()).toBe("web-1");

    apiServer = startProgram(args, home);
    await apiServer.ready;
    const ended = await node.podOnce("faulty", ({ status }) => status.containerStatuses?.[0]?.restartCount === 1);
    expect(ended.status.containerStatuses![0]!.lastState.terminated).toMatchObject({ exitCode: 7, reason: "Error" });
    expect(containersOf(await node.pod("web-1"))).toEqual(containersOf(before));
    const leases = client.resource(LeaseKind).in("kube-node-lease");
    const { renewTime } = (await leases.get(nodeName)).spec;
    await expect.poll(async () => (await leases.get(nodeName)).spec.renewTime === renewTime, eventually).toBe(false);
    await run("web-2", echo);
    await node.podOnce("web-2", isPodReady);
    await expect.poll(answer, eventually).toBe("web-2");
  }, 120_000);
});
