import { hostname, networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { EndpointsKind, EndpointSliceKind, ServiceKind } from "@kubets/api";
import { serveHttps } from "@kubets/apiserver/node";
import { type Client, createInformers, type DraftObject, type Informers, type ResourceClient } from "@kubets/client";
import { type Containerd, startContainerd } from "@kubets/container-runtime/node";
import { dnsObjects, runDns } from "@kubets/dns";
import { createUpstream, listenDns } from "@kubets/dns/node";
import { createDirectories } from "@kubets/host-path-provisioner/node";
import { createNftablesBackend, listenProxyHealth, serviceHealthListeners } from "@kubets/kube-proxy/node";
import { runKubeProxy, type RunningKubeProxy } from "@kubets/kube-proxy";
import { runKubelet, type RunningKubelet } from "@kubets/kubelet";
import { openNodeSystem } from "@kubets/kubelet/node";
import { demandCommand } from "@kubets/machinery/node";
import { type Dialer, isStatus, type KubernetesObject, type UserInfo } from "@kubets/machinery";
import { applyPodNetwork, claimName, type PodNetwork, releaseName } from "@kubets/pod-network/node";
import type { Certificates } from "./certificates/index.ts";
import { CommandError } from "./command-error.ts";
import { loadBalancerRangeOf } from "./cloud-component.ts";
import { startProvisioner, type Surroundings } from "./control-plane.ts";

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

export function nodeName(): string {
  return hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, "-");
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
  const name = nodeName();
  // Should the start fail, what was started ends; containers go on, for the next start to take over.
  await using undo = new AsyncDisposableStack();
  const informersOf = (client: Client): Informers => createInformers({ ...surroundings, client });

  const nodeClient = clientFor({ name: `system:node:${name}`, groups: ["system:nodes"] }, "kubelet");
  const kubeletInformers = informersOf(nodeClient);
  const { serving } = await options.certificates.kubelet(name, { hostnames: [name], addresses: [gateway] });
  const kubeletServer = await listenFrom(kubeletPort, (port) =>
    serveHttps({
      handle: (request, peer, signal) => kubelet.handle(request, peer, signal),
      tasks,
      logger,
      host: gateway,
      port,
      serving,
      clientCertificateAuthority: options.certificates.authority,
    }),
  );
  const system = await openNodeSystem({ storagePath: directory });
  const kubelet: RunningKubelet = runKubelet({
    ...surroundings,
    client: nodeClient,
    informers: kubeletInformers,
    runtime: containerd.runtime,
    imageContent: containerd.imageContent,
    system,
    nodeName: name,
    nodeAddress: gateway,
    port: kubeletServer.port,
    dialer: options.dialer,
    layout: { root: join(directory, "kubelet"), logs: join(directory, "logs"), seccompProfiles: join(directory, "seccomp") },
    cgroupRoot: `/${network.plan.name}`,
    clusterDns: [dnsAddress],
    staticPodPath: join(directory, "manifests"),
  });

  const provisioner = startProvisioner({
    ...surroundings,
    clientFor,
    serves: (node) => node === name,
    directories: createDirectories({ root: options.volumes }),
  });
  undo.defer(() => provisioner.stop());

  const proxyInformers = informersOf(clientFor({ name: "system:kube-proxy", groups: ["system:node-proxier"] }, "kube-proxy"));
  const healthChecks = serviceHealthListeners({ address: "0.0.0.0", isProxyHealthy: () => proxy.isHealthy, tasks, logger });
  const proxy: RunningKubeProxy = runKubeProxy({
    ...surroundings,
    onApplied: (ruleset) => healthChecks.follow(ruleset),
    informers: proxyInformers,
    backend: createNftablesBackend({ table: `${network.plan.name}-services`, family: "IPv4", tasks, logger }),
    node: { name, family: "IPv4", podRange: options.podRange },
  });

  undo.defer(() => kubeletServer.close());
  undo.defer(() => kubeletInformers.stop());
  undo.defer(() => kubelet.stop());
  undo.defer(() => proxyInformers.stop());
  undo.use(healthChecks);
  undo.defer(() => proxy.stop({ keepRules: true }));
  const proxyHealth = await listenFrom(proxyHealthPort, (port) => listenProxyHealth(proxy, { address: gateway, port, tasks }));
  undo.defer(() => proxyHealth.close());

  const dnsClient = clientFor({ name: "system:kube-dns", groups: [] }, "kube-dns");
  const dnsInformers = informersOf(dnsClient);
  const dns = runDns({
    ...surroundings,
    informers: dnsInformers,
    serverAddresses: [dnsAddress],
    upstream: createUpstream({ clock, tasks, own: [gateway, dnsAddress] }),
  });
  undo.defer(() => dnsInformers.stop());
  await dns.synced();
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
      await Promise.all([dnsServer.close(), kubeletServer.close(), proxyHealth.close(), proxy.stop()]);
      await healthChecks[Symbol.asyncDispose]();
      await Promise.all([kubeletInformers.stop(), proxyInformers.stop(), dnsInformers.stop()]);
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
