import { NodeKind, PodKind } from "@kubets/api";
import type { Dialer, DialResponse } from "@kubets/machinery";
import { type Cluster, type ClusterOptions, startCluster } from "@kubets/testkit";

export interface Machine {
  /** What its kubelet answers; nobody does when absent. */
  summary?: object;
  asked: number;
}

/** A cluster with a node that isn't simulated, whose kubelet is what a test says. */
export async function withMachine(machine: Machine, options: ClusterOptions = {}): Promise<Cluster> {
  const answer = async (origin: string, target: string): Promise<DialResponse> => {
    if (!origin.includes("192.0.2.10:10250") || machine.summary === undefined) throw new Error("connection refused");
    if (target !== "/stats/summary") throw new Error(`unexpected request of ${target}`);
    machine.asked++;
    const bytes = new TextEncoder().encode(JSON.stringify(machine.summary));
    const body = (async function* () {
      yield bytes;
    })();
    return { status: 200, headers: { "content-type": "application/json" }, body };
  };
  const dialer: Dialer = {
    request: ({ origin }, { target }) => answer(origin, target),
    upgrade: ({ origin }, { target }) => answer(origin, target),
  };
  const cluster = await startCluster({ nodes: 0, scheduler: false, metricsServer: true, server: { dialer }, seed: 1, ...options });
  const nodes = cluster.client.resource(NodeKind);
  await nodes.create({ metadata: { name: "n1", labels: { zone: "a" } } });
  const status = {
    addresses: [{ type: "InternalIP", address: "192.0.2.10" }],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    conditions: [{ type: "Ready", status: "True" }],
  };
  await nodes.patch("n1", { status }, { type: "merge", subresource: "status" });
  const pods = cluster.client.resource(PodKind).in("default");
  for (const name of ["web", "db"]) {
    const spec = { nodeName: "n1", containers: [{ name: "main", image: "main:1" }] };
    await pods.create({ metadata: { name, labels: { app: name } }, spec });
    await pods.patch(name, { status: { phase: "Running" } }, { type: "merge", subresource: "status" });
  }
  await cluster.settle();
  return cluster;
}
const figures = (nanoCores: number, bytes: number): object => ({ cpu: { usageNanoCores: nanoCores }, memory: { workingSetBytes: bytes } });
/** What two Pods and their node use. */
export const summary: object = {
  node: figures(250_000_000, 1 << 30),
  pods: ["web", "db"].map((name, index) => ({
    podRef: { name, namespace: "default" },
    containers: [{ name: "main", ...figures(1000 * (index + 1), 2048 * (index + 1)) }],
  })),
};
