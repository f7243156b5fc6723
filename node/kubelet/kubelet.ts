import { isPodTerminal, type Node, NodeKind, type Pod, PodKind, RuntimeClassKind, ServiceKind, type Taint } from "@kubets/api";
import { type Client, createEventRecorder, type Informers } from "@kubets/client";
import type { Image, ImageContent, ImageService, RuntimeService, RuntimeStatus } from "@kubets/container-runtime";
import { type Clock, type Dialer, type Handler, type Logger, type Random, serviceUnavailable, type Tasks } from "@kubets/machinery";
import { startHousekeeping } from "./housekeeping.ts";
import type { Layout } from "./layout.ts";
import { createEviction } from "./eviction/eviction.ts";
import { type EvictionSettings, evictionPlan } from "./eviction/thresholds.ts";
import { runtimePods } from "./pod-worker/runtime-pods.ts";
import { type StaticPods, startStaticPods } from "./pod-sources/static/static-pods.ts";
import { podSource } from "./pod-sources/pod-source.ts";
import { refusalOf } from "./pod-worker/admit.ts";
import { endPods } from "./pod-worker/end-pods.ts";
import { createPerformer } from "./pod-worker/perform.ts";
import { createPodOperations } from "./pod-worker/pod-operations.ts";
import { createPodWorkers, type PodWorkers } from "./pod-worker/pod-workers.ts";
import { followRuntime } from "./pod-worker/runtime-watch.ts";
import { startProbers } from "./probes/probers.ts";
import { startHeartbeat } from "./registration/heartbeat.ts";
import { nodeStatus } from "./registration/node-status.ts";
import { createKubeletHandler } from "./server/kubelet-handler.ts";
import type { NodeSystem } from "./system.ts";
import { createImageVolumes } from "./volumes/image-volumes.ts";
import { createPodVolumes } from "./volumes/pod-volumes.ts";
import { createReferencedObjects } from "./volumes/referenced-objects.ts";
import { createPodTokens } from "./volumes/tokens.ts";
import { startVolumeRefresh } from "./volumes/refresh.ts";

export interface KubeletOptions {
  /** As the user `system:node:NAME` of the group `system:nodes`. */
  readonly client: Client;
  /** Of that client. */
  readonly informers: Informers;
  readonly runtime: RuntimeService & ImageService;
  /** Absent: volumes can't be images here. */
  readonly imageContent?: ImageContent;
  readonly system: NodeSystem;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly nodeName: string;
  /** By which the node is reached. */
  readonly nodeAddress: string;
  /** Of the kubelet's own server; 10250 when absent. */
  readonly port?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  readonly layout: Layout;
  /** Below it lie the control groups of all Pods; `/kubepods` when absent. */
  readonly cgroupRoot?: string;
  /** Addresses of the cluster's DNS; none: Pods use the node's. */
  readonly clusterDns?: readonly string[];
  readonly clusterDomain?: string;
  readonly mostPods?: number;
  /** A directory of manifests, each of a Pod that runs here whatever the API says. Absent: there are none. */
  readonly staticPodPath?: string;
  /** When Pods have to go because the node is short of something; as upstream's defaults when absent. */
  readonly eviction?: EvictionSettings;
  /** Reaches the runtime's streaming server, on loopback. */
  readonly dialer: Dialer;
}

export interface RunningKubelet {
  /** The Node stands in the API, and what ran before has been taken over. */
  ready(): Promise<void>;
  readonly workers: PodWorkers;
  /** The kubelet's own interface, for an HTTPS server on its port. */
  readonly handle: Handler;
  /** Stops looking after Pods; their containers go on. */
  stop(): Promise<void>;
  /**
   * After {@link stop}: ends the containers as a deletion of their Pods would, with hooks and grace, but no longer than this. Nothing is
   * reported: a kubelet that is started anew starts the Pods again.
   */
  endPods(options: { readonly longestGraceSeconds: number }): Promise<void>;
}

/** Runs the Pods that are bound to a node, and tells the API how they and the node do. */
export function runKubelet(options: KubeletOptions): RunningKubelet {
  const { client, informers, runtime, system, clock, random, tasks, logger, nodeName, nodeAddress, layout } = options;
  const { port = 10_250, clusterDns = [], clusterDomain = "cluster.local", cgroupRoot = "/kubepods", mostPods = 110 } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const pods = informers.of(PodKind, { fieldSelector: `spec.nodeName=${nodeName}` });
  const nodes = informers.of(NodeKind, { fieldSelector: `metadata.name=${nodeName}` });
  const services = informers.of(ServiceKind);
  const recorder = createEventRecorder({ client, clock, random, tasks, logger, host: nodeName, signal });
  const log = logger.with({ node: nodeName });
  const surroundings = { clock, tasks, logger: log, signal };
  const allocatable = (): NonNullable<Node["status"]["allocatable"]> => nodes.get(nodeName)?.status.allocatable ?? {};

  const plan = evictionPlan(options.eviction);

  let known: PodWorkers | undefined;
  const started = tasks.run("kubelet start", async (task) => {
    const machine = await system.machine.facts();
    const version = await runtime.version({ signal });
    const eviction = createEviction({
      ...surroundings,
      plan,
      runtime,
      system,
      layout,
      recorder,
      workers: () => workers,
      node: () => nodes.get(nodeName),
      reclaimDisk: () => housekeeping.reclaimDisk(),
    });
    const { registered } = startHeartbeat({
      ...surroundings,
      client,
      node: nodes,
      name: nodeName,
      labels: {
        "beta.kubernetes.io/arch": machine.architecture,
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": machine.architecture,
        "kubernetes.io/hostname": nodeName,
        "kubernetes.io/os": "linux",
        ...options.labels,
      },
      taints: options.taints ?? [],
      status: async (before) => {
        const [status, images] = await Promise.all([statusOf(runtime), imagesOf(runtime)]);
        const { pressures } = eviction;
        const facts = { name: nodeName, address: nodeAddress, port, machine, version, runtime: status, images, pressures, plan, mostPods };
        return nodeStatus(facts, before, clock.now());
      },
    });
    const refresh = startVolumeRefresh({ ...surroundings, volumes: () => volumes, workers: () => workers });
    const onChange = (uids: readonly string[]): void => {
      for (const uid of uids) workers.dispatch(uid, { kind: "referenceChanged" });
      refresh.soon(uids);
    };
    const objects = createReferencedObjects({ client, clock, random, tasks, logger: log, onChange });
    const tokens = createPodTokens({ client, clock });
    const images = createImageVolumes({ system, layout, content: options.imageContent });
    const volumes = createPodVolumes({ client, clock, system, layout, objects, tokens, images, allocatable });
    const operations = createPodOperations({
      runtime,
      system,
      clock,
      layout,
      volumes,
      objects,
      services,
      allocatable,
      nodeAddress,
      clusterDns: () => clusterDns,
      clusterDomain,
      cgroupRoot,
      machineMemory: machine.memoryBytes,
      runtimeHandler: async (name, handlerSignal) => (await client.resource(RuntimeClassKind).get(name, { signal: handlerSignal })).handler,
    });
    const probers = startProbers({
      ...surroundings,
      random,
      runtime,
      network: system.network,
      recorder,
      dispatch: (uid, event) => workers.dispatch(uid, event),
    });
    const endedEarly = new Set<string>();
    let statics: StaticPods | undefined;
    const perform = createPerformer({
      ...surroundings,
      operations,
      runtime,
      network: system.network,
      endedEarly,
      refuseResize: (pod) => {
        const node = nodes.get(nodeName);
        const never = refusalOf(pod, node, []);
        if (never !== undefined) return { reason: "Infeasible", message: never.message };
        const now = refusalOf(pod, node, activeOf(workers, pod));
        return now === undefined ? undefined : { reason: "Deferred", message: now.message };
      },
      stateOf: (uid) => workers.stateOf(uid),
      dispatch: (uid, event) => workers.dispatch(uid, event),
      tell: ({ pod }, event) => workers.tell(pod.metadata.uid, event),
    });
    const workers = createPodWorkers({
      ...surroundings,
      client,
      recorder,
      nodeAddress,
      shownAs: (pod) => (statics === undefined ? pod : statics.shownAs(pod)),
      perform,
      refuse: (pod) => eviction.refusalOf(pod) ?? refusalOf(pod, nodes.get(nodeName), activeOf(workers, pod)),
      onStep: (state) => probers.follow(state),
      onForget: ({ pod }) => probers.forget(pod.metadata.uid),
    });
    await task.idle(registered);
    await task.idle(Promise.all([pods.synced(signal), nodes.synced(signal), services.synced(signal)]));
    const source = new DisposableStack();
    const running = await runtimePods(runtime, signal);
    if (options.staticPodPath !== undefined) {
      const node = (): Node | undefined => nodes.get(nodeName);
      const { files } = system;
      const place = { directory: options.staticPodPath, files, client, pods, node, nodeName };
      statics = source.use(await startStaticPods({ ...surroundings, ...place, workers, running }));
    }
    const others = statics?.uids ?? new Set<string>();
    source.use(await podSource({ ...surroundings, pods, runtime, system, layout, images, cgroupRoot, workers, running, others }));
    source.use(pods.onChange(refresh.podChanged));
    const watching = followRuntime({ ...surroundings, runtime, operations, workers, endedEarly });
    const housekeeping = startHousekeeping({ ...surroundings, runtime, system, layout, workers, storageBytes: machine.storageBytes });
    eviction.start();
    known = workers;
    return { source, watching, objects };
  });
  started.catch((error: unknown) => {
    if (!signal.aborted) log.error("Kubelet not started", { error });
  });

  const workersNow = (): PodWorkers => {
    if (known === undefined) throw serviceUnavailable("the kubelet has not started yet");
    return known;
  };
  const handle = createKubeletHandler({
    client,
    workers: workersNow,
    runtime,
    machine: system.machine,
    files: system.files,
    layout,
    dialer: options.dialer,
    clock,
    tasks,
    logger: log,
    nodeName,
  });
  return {
    handle,
    async ready() {
      await started;
    },
    get workers() {
      return workersNow();
    },
    async stop() {
      stopping.abort(new Error("The kubelet is stopped"));
      const parts = await started.catch(() => undefined);
      parts?.source[Symbol.dispose]();
      await parts?.objects.stop();
      await parts?.watching;
    },
    async endPods({ longestGraceSeconds }) {
      if (known === undefined) return;
      const { network } = system;
      const unlimited = new AbortController().signal;
      await endPods(known.all(), { runtime, network, clock, logger: log, longestGraceSeconds, signal: unlimited });
    },
  };
}

function activeOf(workers: PodWorkers, pod: Pod): readonly Pod[] {
  return workers
    .all()
    .filter(({ rejection, pod: other }) => rejection === undefined && !isPodTerminal(other) && other.metadata.uid !== pod.metadata.uid)
    .map(({ pod: other }) => other);
}

async function statusOf(runtime: RuntimeService): Promise<RuntimeStatus | undefined> {
  try {
    return await runtime.status();
  } catch {
    // A runtime that doesn't answer is what the node's condition tells of.
    return undefined;
  }
}

async function imagesOf(runtime: ImageService): Promise<readonly Image[]> {
  try {
    return await runtime.listImages();
  } catch {
    return [];
  }
}
