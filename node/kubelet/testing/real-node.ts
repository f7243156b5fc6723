import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigMapKind, type Node, NodeKind, type Pod, PodKind } from "@kubets/api";
import { type Client, createInformers, type Informers } from "@kubets/client";
import { type Containerd, findCniPlugins, findProgram, startContainerd } from "@kubets/container-runtime/node";
import { whyNoTestImages } from "@kubets/images";
import { seededRandom, silent, type Logger, sleep, type Tasks } from "@kubets/machinery";
import { createSystemClock } from "@kubets/machinery/node";

import { type Cluster, type ClusterOptions, startCluster } from "@kubets/testkit";
import { type KubeletOptions, type RunningKubelet, runKubelet } from "../kubelet.ts";
import type { EvictionSettings } from "../eviction/thresholds.ts";
import { openNodeSystem } from "../node/index.ts";
import type { Machine } from "../system.ts";
import { loopbackDialer } from "./loopback-dialer.ts";

// One real node for tests: containerd of its own, a bridge of its own, beside a control plane in this process.

export interface RealNode extends NodeParts {
  readonly cluster: Cluster;
}

/** The node alone, of whichever control plane. */
export interface NodeParts extends AsyncDisposable {
  readonly directory: string;
  /** Of its Pods' addresses. */
  readonly podRange: string;
  readonly containerd: Containerd;
  kubelet: RunningKubelet;
  node(): Promise<Node>;
  pod(name: string, namespace?: string): Promise<Pod>;
  /** Waits until the Pod is as wanted, or says how it is after 30 s. */
  podOnce(name: string, isSo: (pod: Pod) => boolean, namespace?: string): Promise<Pod>;
  goneOnce(name: string, namespace?: string): Promise<void>;
  logOf(pod: Pod, container: string, attempt?: number): string;
  /** As if the kubelet's process had been started anew, `meanwhile` something happens that no kubelet sees. */
  restartKubelet(meanwhile?: () => Promise<void>): Promise<void>;
}

/** Why there can be no real node here; `undefined` when there can. */
export function whyNoRealNode(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "containers need root on Linux";
  const missing = ["containerd", "ctr", "runc"].filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) return `${missing.join(", ")} not installed`;
  return findCniPlugins() === undefined ? "the CNI plugins are not installed" : whyNoTestImages();
}

export const nodeName = "real";

export interface RealNodeOptions extends Pick<ClusterOptions, "store">, KubeletFacts {
  readonly logger?: Logger;
}

/** What may be other than for an ordinary node. */
export interface KubeletFacts {
  /** Makes it have manifests of its own, in `DIRECTORY/manifests`. */
  readonly hasStaticPods?: boolean;
  readonly eviction?: EvictionSettings;
  /** What the kubelet believes to be its machine, given the real one. */
  readonly machine?: (real: Machine) => Machine;
}

export async function realNode({ logger = silent, hasStaticPods, eviction, machine, ...options }: RealNodeOptions = {}): Promise<RealNode> {
  const cluster = await startCluster({ ...options, nodes: 0, clock: "system" });
  // What the root-ca publisher puts into every namespace where the cluster has a CA.
  await cluster.client
    .resource(ConfigMapKind)
    .in("default")
    .create({ metadata: { name: "kube-root-ca.crt" }, data: { "ca.crt": "" } });
  const kubeletClient = (): Client => cluster.as({ name: `system:node:${nodeName}`, groups: ["system:nodes", "system:authenticated"] });
  const parts = await nodeOf({
    client: cluster.client,
    kubeletClient,
    tasks: cluster.tasks,
    logger,
    ...(hasStaticPods === undefined ? {} : { hasStaticPods }),
    ...(eviction === undefined ? {} : { eviction }),
    ...(machine === undefined ? {} : { machine }),
  });
  const disposeOfNode = parts[Symbol.asyncDispose].bind(parts);
  return Object.assign(parts, {
    cluster,
    async [Symbol.asyncDispose]() {
      await disposeOfNode();
      await cluster[Symbol.asyncDispose]();
    },
  });
}

export interface NodeSite extends KubeletFacts {
  readonly client: Client;
  /** As which the kubelet asks: one for each of its lives. */
  readonly kubeletClient: () => Client;
  readonly tasks: Tasks;
  readonly logger: Logger;
}

/** A node of a control plane that is there already. */
export async function nodeOf({ client: administrator, kubeletClient, tasks, logger, ...facts }: NodeSite): Promise<NodeParts> {
  const directory = mkdtempSync(join(tmpdir(), "kubets-kubelet-"));
  const clock = createSystemClock();
  const containerd = await startContainerd({ directory: join(directory, "containerd"), clock, tasks, logger: silent });
  mkdirSync(containerd.cni.configurationDirectory, { recursive: true });
  const network = claimNetwork();
  writeFileSync(join(containerd.cni.configurationDirectory, "10-test.conflist"), conflist(network, join(directory, "ipam")));
  const opened = await openNodeSystem({ storagePath: directory });
  const system = { ...opened, machine: facts.machine?.(opened.machine) ?? opened.machine };
  const cgroupRoot = `/kubets-kubelet-${process.pid}`;
  let informers: Informers;
  const start = async (): Promise<RunningKubelet> => {
    const client = kubeletClient();
    informers = createInformers({ client, clock, random: seededRandom(1), tasks, logger });
    const kubeletOptions: KubeletOptions = {
      client,
      informers,
      runtime: containerd.runtime,
      imageContent: containerd.imageContent,
      system,
      clock,
      random: seededRandom(2),
      tasks,
      logger,
      nodeName,
      nodeAddress: network.address,
      dialer: loopbackDialer,
      cgroupRoot,
      ...(facts.hasStaticPods === true ? { staticPodPath: join(directory, "manifests") } : {}),
      ...(facts.eviction === undefined ? {} : { eviction: facts.eviction }),
      layout: { root: join(directory, "kubelet"), logs: join(directory, "logs"), seccompProfiles: join(directory, "seccomp") },
    };
    const kubelet = runKubelet(kubeletOptions);
    await kubelet.ready();
    return kubelet;
  };
  const pods = (namespace: string) => administrator.resource(PodKind).in(namespace);
  const podOnce: NodeParts["podOnce"] = async (name, isSo, namespace = "default") => {
    const began = clock.monotonic();
    for (;;) {
      const pod = await pods(namespace).get(name);
      if (isSo(pod)) return pod;
      if (clock.monotonic() - began > 30_000)
        throw new Error(`Pod ${name} did not become as it should: ${JSON.stringify(pod.status, undefined, 1)}`);
      await sleep(clock, 20);
    }
  };
  const real: NodeParts = {
    directory,
    podRange: network.podRange,
    containerd,
    kubelet: await start(),
    node: () => administrator.resource(NodeKind).get(nodeName),
    pod: (name, namespace = "default") => pods(namespace).get(name),
    podOnce,
    async goneOnce(name, namespace = "default") {
      const began = clock.monotonic();
      while ((await pods(namespace).list()).items.some(({ metadata }) => metadata.name === name)) {
        if (clock.monotonic() - began > 40_000)
          throw new Error(`Pod ${name} is still there: ${JSON.stringify(await pods(namespace).get(name), undefined, 1)}`);
        await sleep(clock, 20);
      }
    },
    logOf({ metadata }, container, attempt = 0) {
      const path = join(directory, "logs", `${metadata.namespace}_${metadata.name}_${metadata.uid}`, container, `${attempt}.log`);
      return spawnSync("cat", [path], { encoding: "utf8" }).stdout;
    },
    async restartKubelet(meanwhile) {
      await real.kubelet.stop();
      await informers.stop();
      await meanwhile?.();
      real.kubelet = await start();
    },
    async [Symbol.asyncDispose]() {
      await real.kubelet.stop();
      await informers.stop();
      await containerd.purge();
      for (const place of await system.mounts.below(directory)) await system.mounts.unmount(place);
      await system.cgroups.remove(cgroupRoot);
      spawnSync("ip", ["link", "delete", network.bridge]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return real;
}

interface BridgeNetwork {
  readonly bridge: string;
  /** The bridge's own, which is the node's. */
  readonly address: string;
  readonly podRange: string;
}

/** A bridge that is this node's alone: other tests may have one on this machine at the same time. The kernel makes a name only once. */
function claimNetwork(): BridgeNetwork {
  for (let number = 0; number < 256; number++) {
    const bridge = `kbts-${number}`;
    const { status, stderr } = spawnSync("ip", ["link", "add", bridge, "type", "bridge"], { encoding: "utf8" });
    if (status === 0) return { bridge, address: `10.199.${number}.1`, podRange: `10.199.${number}.0/24` };
    if (!stderr.includes("File exists")) throw new Error(`Cannot make the bridge ${bridge}: ${stderr}`);
  }
  throw new Error("Cannot make a bridge: 256 of them are left from tests that were cut off (ip link show type bridge)");
}

function conflist({ bridge, podRange }: BridgeNetwork, ipam: string): string {
  return JSON.stringify({
    cniVersion: "1.0.0",
    name: "kubelet-test",
    plugins: [
      {
        type: "bridge",
        bridge,
        isGateway: true,
        hairpinMode: true,
        ipam: { type: "host-local", dataDir: ipam, ranges: [[{ subnet: podRange }]], routes: [{ dst: "0.0.0.0/0" }] },
      },
    ],
  });
}
