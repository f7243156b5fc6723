import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { EndpointsKind, EndpointSliceKind, ServiceKind } from "@kubets/api";
import { serveHttps } from "@kubets/apiserver/node";
import type { Client, DraftObject, ResourceClient } from "@kubets/client";
import { type Containerd, startContainerd } from "@kubets/container-runtime/node";
import { dnsObjects } from "@kubets/dns";
import { createUpstream, listenDns } from "@kubets/dns/node";
import { createDirectories } from "@kubets/host-path-provisioner/node";
import { listenProxyHealth } from "@kubets/kube-proxy/node";
import { demandCommand } from "@kubets/machinery/node";
import { type Dialer, isStatus, type KubernetesObject, type UserInfo } from "@kubets/machinery";
import { applyPodNetwork, claimName, type PodNetwork, releaseName } from "@kubets/pod-network/node";
import type { Certificates } from "./certificates/index.ts";
import { CommandError } from "./command-error.ts";
import { machineNodeName } from "./components/machine-address.ts";
import { loadBalancerRangeOf } from "./cloud-component.ts";
import { startProvisioner, type Surroundings } from "./control-plane.ts";
import { startDns, startKubelet, startProxy } from "./node-components.ts";

export interface LocalNodeOptions extends Surroundings {
  readonly cluster: string;
  /** Everything of the node lies below. */
  readonly directory: string;
  /** The data of volumes lies below: a directory for each. */
  readonly volumes: string;
  /** Pods of the whole cluster, such as `10.244.0.0/16`. */
  readonly podRange: string;
  /** Mirrors and certificates of registries, as containerd reads them. */
  readonly registryDirectory?: string;
  /** What Pods ask for names. */
  readonly dnsAddress: string;
  readonly clientFor: (user: UserInfo, fieldManager?: string) => Client;
  readonly certificates: Certificates;
  readonly dialer: Dialer;
}

/** This machine as a node: real containers, their network, Services and names. */
export interface LocalNode {
  readonly name: string;
  ready(): Promise<void>;
  /** Stops Pods within their grace, 30 s at most, then containerd and all rules and interfaces of ours. Images and volumes stay. */
  stop(): Promise<void>;
}

/** `10.244.0.0/16` → the first /24 of it, and its gateway: where Pods reach what listens on this machine. */
export function nodeNetworkOf(podRange: string): { readonly podRange: string; readonly gateway: string } {
  const [a, b, c] = podRange.split("/")[0]!.split(".");
  return { podRange: `${a}.${b}.${c}.0/24`, gateway: `${a}.${b}.${c}.1` };
}

/**
 * The bridge that Pods hang on, before the first of them: the API server and DNS listen on its address, which no other machine reaches.
 * The CNI plugin takes it as it finds it.
 */
export async function makeBridge(
  network: PodNetwork,
  { gateway, loadBalancerRange, tasks }: { readonly gateway: string; readonly loadBalancerRange: string } & Pick<Surroundings, "tasks">,
): Promise<void> {
  const { bridge } = network.plan;
  const link = (...args: readonly string[]): Promise<unknown> => demandCommand("ip", args, { tasks });
  await link("link", "add", bridge, "type", "bridge").catch(onlyIf("File exists"));
  await link("address", "add", `${gateway}/24`, "dev", bridge).catch(onlyIf("File exists", "already assigned"));
  await link("link", "set", bridge, "up");
  // Only Services have these addresses: without a way to them the kernel would not come as far as the proxy's rules.
  await link("route", "replace", loadBalancerRange, "dev", bridge);
}

function onlyIf(...texts: readonly string[]): (error: Error & { readonly stderr?: string }) => void {
  return (error) => {
    if (!texts.some((text) => error.stderr?.includes(text) === true)) throw error;
  };
}

export interface NodeFoundation {
  readonly containerd: Containerd;
  readonly network: PodNetwork;
  readonly gateway: string;
}

/** What must stand before the API server can be reached from Pods: the container runtime, and the network with its bridge. */
export async function startNodeFoundation(
  options: Pick<LocalNodeOptions, "cluster" | "directory" | "podRange" | "registryDirectory" | "clock" | "tasks" | "logger" | "metrics">,
): Promise<NodeFoundation> {
  const { cluster, directory, registryDirectory, clock, tasks, logger, metrics } = options;
  const { podRange, gateway } = nodeNetworkOf(options.podRange);
  const owner = claimName({ cluster, directory });
  if (owner !== undefined) throw nameTaken(cluster, dirname(owner));
  const containerd = await startContainerd({
    directory: join(directory, "containerd"),
    ...(registryDirectory === undefined ? {} : { registryDirectory }),
    clock,
    tasks,
    logger,
    metrics,
  });
  const network = await applyPodNetwork({
    cluster,
    podRange,
    clusterRange: options.podRange,
    directory: join(directory, "network"),
    configurationDirectory: containerd.cni.configurationDirectory,
    tasks,
    logger,
  });
  await makeBridge(network, { gateway, loadBalancerRange: loadBalancerRangeOf(options.podRange), tasks });
  // After a loss of power the addresses of Pods that are no more are still written down.
  network.releaseAddresses({ sandboxes: (await containerd.runtime.listPodSandboxes()).map(({ id }) => id) });
  return { containerd, network, gateway };
}

export async function startLocalNode({ containerd, network, gateway }: NodeFoundation, options: LocalNodeOptions): Promise<LocalNode> {
  const { cluster, directory, dnsAddress, clientFor, clock, random, tasks, logger, metrics } = options;
  const surroundings = { clock, random, tasks, logger, metrics };
  const name = machineNodeName();
  // Should the start fail, what was started ends; containers go on, for the next start to take over.
  await using undo = new AsyncDisposableStack();
  const { serving } = await options.certificates.kubelet(name, { hostnames: [name], addresses: [gateway] });
  const kubeletComponent = await startKubelet({
    ...surroundings,
    client: clientFor({ name: `system:node:${name}`, groups: ["system:nodes"] }, "kubelet"),
    runtime: containerd.runtime,
    imageContent: containerd.imageContent,
    machine: { storagePath: directory },
    nodeName: name,
    nodeAddress: gateway,
    listen: (handle) =>
      listenFrom(kubeletPort, (port) =>
        serveHttps({ handle, tasks, logger, host: gateway, port, serving, clientCertificateAuthority: options.certificates.authority }),
      ),
    dialer: options.dialer,
    layout: { root: join(directory, "kubelet"), logs: join(directory, "logs"), seccompProfiles: join(directory, "seccomp") },
    cgroupRoot: `/${network.plan.name}`,
    clusterDns: [dnsAddress],
    staticPodPath: join(directory, "manifests"),
  });
  const { kubelet, system } = kubeletComponent;

  const provisioner = startProvisioner({
    ...surroundings,
    clientFor,
    serves: (node) => node === name,
    directories: createDirectories({ root: options.volumes }),
  });
  undo.defer(() => provisioner.stop());

  const proxyComponent = startProxy({
    ...surroundings,
    client: clientFor({ name: "system:kube-proxy", groups: ["system:node-proxier"] }, "kube-proxy"),
    table: `${network.plan.name}-services`,
    node: { name, family: "IPv4", podRange: options.podRange },
  });
  const { proxy } = proxyComponent;

  undo.defer(() => kubeletComponent.close());
  undo.defer(() => kubelet.stop());
  undo.defer(() => proxyComponent.stop({ keepRules: true }));
  const proxyHealth = await listenFrom(proxyHealthPort, (port) => listenProxyHealth(proxy, { address: gateway, port, tasks }));
  undo.defer(() => proxyHealth.close());

  const dns = await startDns({
    ...surroundings,
    client: clientFor({ name: "system:kube-dns", groups: [] }, "kube-dns"),
    serverAddresses: [dnsAddress],
    upstream: createUpstream({ clock, tasks, own: [gateway, dnsAddress] }),
  });
  undo.defer(() => dns.stop());
  // Pods ask from their addresses, the node from whichever it has: nobody else is answered.
  const clients = [options.podRange, "127.0.0.0/8", ...ownAddresses().map((address) => `${address}/32`)];
  // Pods ask at the Service's address and port 53, whatever port is behind it: the machine's may be another server's.
  const dnsServer = await listenFrom(
    dnsPort,
    (port) => listenDns({ resolve: dns.resolve, clock, tasks, logger, address: gateway, port, clients }),
    { next: otherDnsPort },
  );
  undo.defer(() => dnsServer.close());
  await ensureDnsObjects(clientFor({ name: "system:apiserver", groups: ["system:masters"] }, "kubets"), {
    dnsAddress,
    gateway,
    port: dnsServer.port,
  });

  undo.move();
  return {
    name,
    async ready() {
      await Promise.all([kubelet.ready(), proxy.synced()]);
    },
    async stop() {
      await kubelet.stop();
      await kubelet.endPods({ longestGraceSeconds: longestGrace });
      await stopPods(containerd);
      // Secrets and all else that lies in memory: nobody reads it until the Pods start again.
      for (const place of await system.mounts.below(join(directory, "kubelet"))) await system.mounts.unmount(place);
      await provisioner.stop();
      await Promise.all([dnsServer.close(), kubeletComponent.close(), proxyHealth.close(), proxyComponent.stop(), dns.stop()]);
      await network.remove();
      await containerd.stop();
      releaseName({ cluster, directory });
      logger.info("Node stopped", { node: name, cluster });
    },
  };
}

function nameTaken(cluster: string, dataDirectory: string): CommandError {
  return new CommandError(
    `This machine is the node of another cluster "${cluster}", in ${dataDirectory}; name this one otherwise with --name, or remove that one with: kubets down --purge --name ${cluster} --data-dir ${dataDirectory}`,
  );
}

const kubeletPort = 10_250;
const proxyHealthPort = 10_256;
const dnsPort = 53;
const otherDnsPort = 10_053;

/** On the port, or on the first one from `next` on that is free: several clusters may live side by side, and beside other servers. */
async function listenFrom<Listener>(
  first: number,
  listen: (port: number) => Promise<Listener>,
  { next = first + 1 }: { readonly next?: number } = {},
): Promise<Listener> {
  for (let port = first; ; port = port === first ? next : port + 1) {
    try {
      return await listen(port);
    } catch (error) {
      const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!isTaken || port === next + 100) throw error;
    }
  }
}

const longestGrace = 30;
/** As the kubelet writes it to each container. */
const graceAnnotation = "io.kubernetes.pod.terminationGracePeriod";

/** Ends what still runs, and the sandboxes. The Pods start again with the next start of the cluster. */
async function stopPods({ runtime }: Containerd): Promise<void> {
  const containers = await runtime.listContainers({ state: "running" });
  const graceOf = (annotations: Readonly<Record<string, string>>): number =>
    Math.min(longestGrace, Number(annotations[graceAnnotation] ?? longestGrace));
  await Promise.allSettled(containers.map(({ id, annotations }) => runtime.stopContainer(id, { timeoutSeconds: graceOf(annotations) })));
  const sandboxes = await runtime.listPodSandboxes({ state: "ready" });
  await Promise.allSettled(sandboxes.map(({ id }) => runtime.stopPodSandbox(id)));
}

/** The Service by which Pods find DNS, and what it leads to: made at the first start, and brought to what is so at every other. */
async function ensureDnsObjects(
  client: Client,
  { dnsAddress, gateway, port }: { readonly dnsAddress: string; readonly gateway: string; readonly port: number },
): Promise<void> {
  const { service, endpoints, endpointSlice } = dnsObjects({ clusterIP: dnsAddress, address: gateway, port });
  await ensure(client.resource(ServiceKind).in("kube-system"), service);
  await ensure(client.resource(EndpointsKind).in("kube-system"), endpoints);
  await ensure(client.resource(EndpointSliceKind).in("kube-system"), endpointSlice);
}

async function ensure<T extends KubernetesObject>(resource: ResourceClient<T>, object: DraftObject<T>): Promise<void> {
  const name = object.metadata?.name ?? "";
  try {
    await resource.get(name);
  } catch (error) {
    if (!isStatus(error, "NotFound")) throw error;
    await resource.create(object);
    return;
  }
  await resource.patch(name, object, { type: "merge" });
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap(
    (addresses) => addresses?.filter(({ family }) => family === "IPv4").map(({ address }) => address) ?? [],
  );
}
