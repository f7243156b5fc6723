import { allKinds, ClusterRoleBindingKind, isStable, StorageClassKind } from "@kubets/api";
import {
  type ApiServer,
  type ApiServerOptions,
  apiServerUser,
  createApiServer,
  defaultNodePorts,
  defaultServiceRanges,
  type PostStart,
  servedBy,
  type ServerCore,
  serviceRepairs,
  standardParts,
  type StandardPartsOptions,
} from "@kubets/apiserver";
import { type AnyController, type Client, createClient, createInformers, createInProcessTransport, runControllers } from "@kubets/client";
import { controllers, type GracePeriods, type NodeIpamOptions, runControllerManager, selectControllers } from "@kubets/controller-manager";
import {
  imaginaryDirectories,
  provisionerUser,
  type RunProvisionerOptions,
  runHostPathProvisioner,
  standardStorageClass,
} from "@kubets/host-path-provisioner";
import type { Clock, Kind, Logger, Metrics, Random, Tasks, UserInfo } from "@kubets/machinery";
import type { CertificateSigner } from "@kubets/machinery/x509";
import {
  type HeartbeatIntervals,
  type ProgramRule,
  type RunningSimulatedNodes,
  runSimulatedNodes,
  simulatedDialer,
  type SimulatedNodesOptions,
  type SimulatedNodesState,
} from "@kubets/simulated";
import type { Store } from "@kubets/store";
import { startLocalCloud } from "./cloud-component.ts";
import { metricsComponent } from "./metrics-component.ts";
import { ComponentHealth } from "./component-health.ts";
import { type SchedulerSettings, startScheduler } from "./scheduler-component.ts";
import { kubernetesVersion } from "./version.ts";

/** What every component of a process shares. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface ControlPlaneOptions
  extends
    Surroundings,
    Pick<
      StandardPartsOptions,
      | "signingKeys"
      | "signatures"
      | "issuer"
      | "apiServer"
      | "trust"
      | "admission"
      | "authorizationModes"
      | "frontProxy"
      | "logFiles"
      | "defaultObjects"
    > {
  readonly store: Store;
  /** What `/version` calls the machine, such as `linux/amd64`. */
  readonly platform?: string;
  /** PEM of the cluster's CA, which Pods find beside their token. */
  readonly rootCertificate?: string;
  /** Which versions of which kinds are served, as `--runtime-config` says it; the stable ones when absent. */
  readonly runtimeConfig?: string;
  /** The cluster's CA: signs what is approved. Without one, nothing is signed. */
  readonly authority?: CertificateSigner;
  readonly server?: Pick<
    ApiServerOptions,
    | "metricsText"
    | "limits"
    | "audit"
    | "eventSeconds"
    | "readYaml"
    | "readyChecks"
    | "dialer"
    | "kubelet"
    | "serviceRanges"
    | "nodePortRange"
    | "shared"
    | "decoded"
  >;
  /** Called once the API server is ready, and awaited before the components start: whoever waits for the server needn't wait for them. */
  readonly serve?: (apiServer: ApiServer) => Promise<void>;
  /** All when absent. An envtest-like API server without loops: none. */
  readonly components?: {
    /** Or only some, as `--controllers` names them. */ readonly controllers?: boolean | readonly string[];
    readonly scheduler?: boolean | SchedulerSettings;
    /** How many, or which; none when absent. */ readonly simulatedNodes?: SimulatedNodesOptions["nodes"];
    /** What the containers of simulated nodes do. */ readonly programs?: readonly ProgramRule[];
    readonly heartbeat?: HeartbeatIntervals;
    /** Serves `metrics.k8s.io`, by which autoscalers and `kubectl top` know what Pods use. */ readonly metricsServer?: boolean;
    /** From which Services of type LoadBalancer get their addresses; absent: a cloud elsewhere sees to them, or nobody. */
    readonly loadBalancerRange?: string;
    /** From which ranges nodes get those of their Pods; absent: whoever registers them says. */ readonly nodeIpam?: NodeIpamOptions;
    /** In place of `simulatedNodes`: those of another control plane, over a copy of whose store this one begins. */
    readonly restoredNodes?: SimulatedNodesState;
  };
}

/** An API server with the components that drive it, in one process. */
export interface ControlPlane {
  readonly apiServer: ApiServer;
  /** A client in this process, as the given user: through all of authentication, authorization and admission. */
  clientFor(user: UserInfo, fieldManager?: string): Client;
  readonly simulatedNodes?: RunningSimulatedNodes;
  /** The controllers and the scheduler have loaded what they watch, and work. */
  synced(signal?: AbortSignal): Promise<void>;
  /** Stops the components, then the API server. The store stays open. */
  stop(): Promise<void>;
}

/** Every component has an identity of its own; none is in `system:masters`. */
const users = {
  controllerManager: { name: "system:kube-controller-manager", groups: [] },
  scheduler: { name: "system:kube-scheduler", groups: [] },
  // One identity for all simulated nodes of a process: unlike a kubelet, which may see its own node only.
  simulatedNodes: { name: "system:kubets:simulated-nodes", groups: [] },
} as const satisfies Readonly<Record<string, UserInfo>>;

/** Composes store, API server, controllers and scheduler. They meet only through the API, as they would across machines. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { store, components = {}, server = {} } = options;
  const { clock, random, tasks, logger, metrics } = options;
  const surroundings: Surroundings = { clock, random, tasks, logger, metrics };
  const serves = servedBy(options.runtimeConfig ?? "", allKinds);
  // Before anything runs: they may name one that isn't there.
  const loops = loopsOf(options, allKinds.filter(serves));
  let simulatedNodes: RunningSimulatedNodes | undefined;
  const health = new ComponentHealth(server.dialer, [
    { name: "controller-manager", port: 10_257, isHere: components.controllers !== false },
    { name: "scheduler", port: 10_259, isHere: components.scheduler !== false },
  ]);
  const network = hasSimulatedNodes(components) ? simulatedDialer(() => simulatedNodes, server.dialer) : server.dialer;
  const metricsServer = components.metricsServer === true ? metricsComponent(surroundings, network) : undefined;
  const dialer = metricsServer?.dialer ?? network;
  const apiServer = await createApiServer({
    ...surroundings,
    ...server,
    ...(dialer === undefined ? {} : { dialer }),
    store,
    // Other versions are stored as the stable ones, and the server itself reads those in any case.
    kinds: allKinds.filter((kind) => isStable(kind) || serves(kind)),
    serves,
    components: health.probes,
    version: kubernetesVersion(options.platform ?? "linux/amd64"),
    parts: standardParts({
      ...options,
      postStart: (core) => [
        ...(!hasSimulatedNodes(components) ? [] : [simulatedNodesRole(core)]),
        ...(components.controllers === false ? [] : [defaultStorageClass(core)]),
      ],
    }),
  });
  const clientFor = (user: UserInfo, fieldManager?: string): Client =>
    createClient(
      createInProcessTransport({ handle: apiServer.handle, follow: apiServer.follow, peer: { via: "in-process", user }, tasks }),
      {
        ...(fieldManager === undefined ? {} : { fieldManager }),
        userAgent: fieldManager ?? "kubets",
      },
    );
  await apiServer.ready();
  await options.serve?.(apiServer);

  const running: RunningComponent[] = [];
  const hasControllers = components.controllers !== false;
  // One cache of each kind for the server's own loops and the controllers', where there are any.
  const looker = hasControllers
    ? clientFor(users.controllerManager, "kube-controller-manager")
    : clientFor(apiServerUser, "kube-apiserver");
  const informers = createInformers({ ...surroundings, client: looker });
  const { nodePortRange: nodePorts = defaultNodePorts, serviceRanges = defaultServiceRanges } = server;
  const loopsRunning: RunningComponent[] = [
    runControllers({
      ...surroundings,
      informers,
      client: clientFor(apiServerUser, "kube-apiserver"),
      controllers: serviceRepairs({ nodePorts, serviceRanges }),
      fieldManager: "kube-apiserver",
    }),
  ];
  if (hasControllers) {
    const asManager = (as: UserInfo): Client => clientFor(as, "kube-controller-manager");
    loopsRunning.push(runControllerManager({ ...surroundings, informers, clientFor: asManager, controllers: loops }));
    health.runs("controller-manager");
  }
  running.push({
    synced: async (signal) => void (await Promise.all(loopsRunning.map((each) => each.synced(signal)))),
    stop: async () => void (await Promise.all(loopsRunning.map((each) => each.stop())), await informers.stop()),
  });
  if (components.scheduler !== false) {
    const settings = typeof components.scheduler === "object" ? components.scheduler : {};
    running.push(startScheduler(clientFor(users.scheduler, "kube-scheduler"), surroundings, settings));
    health.runs("scheduler");
  }
  if (hasSimulatedNodes(components)) {
    const client = clientFor(users.simulatedNodes, "kubelet");
    const informers = createInformers({ ...surroundings, client });
    const nodes = runSimulatedNodes({
      ...surroundings,
      client,
      informers,
      nodes: components.simulatedNodes ?? 0,
      programs: components.programs ?? [],
      ...(components.heartbeat === undefined ? {} : { heartbeat: components.heartbeat }),
      ...(components.restoredNodes === undefined ? {} : { restored: components.restoredNodes }),
    });
    simulatedNodes = nodes;
    running.push({ synced: (signal) => nodes.registered(signal), stop: async () => void (await nodes.stop(), await informers.stop()) });
    if (components.controllers !== false) {
      const serves = (node: string): boolean => nodes.names.includes(node);
      running.push(startProvisioner({ ...surroundings, clientFor, serves, directories: imaginaryDirectories }));
    }
  }
  if (metricsServer !== undefined) running.push(await metricsServer.start(clientFor));
  const { loadBalancerRange } = components;
  if (loadBalancerRange !== undefined) running.push(startLocalCloud({ ...surroundings, clientFor, range: loadBalancerRange }));
  return {
    apiServer,
    clientFor,
    ...(simulatedNodes === undefined ? {} : { simulatedNodes }),
    async synced(signal) {
      await Promise.all(running.map((component) => component.synced(signal)));
    },
    async stop() {
      await Promise.all(running.map((component) => component.stop()));
      await apiServer.close();
    },
  };
}

/** What drives a cluster from beside its API server. */
export interface RunningComponent {
  /** It has loaded what it watches, and works. */
  synced(signal?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

function hasSimulatedNodes({ simulatedNodes = 0, restoredNodes }: NonNullable<ControlPlaneOptions["components"]>): boolean {
  if (restoredNodes !== undefined) return restoredNodes.machines.length > 0;
  return typeof simulatedNodes === "number" ? simulatedNodes > 0 : simulatedNodes.length > 0;
}

/** A node counts as silent when it has missed five renewals, as with upstream's defaults. */
function gracePeriods({ lease = 10_000 }: HeartbeatIntervals = {}): Partial<GracePeriods> {
  const silence = 5 * lease;
  return silence > 50_000 ? { silence, startup: silence } : {};
}

function loopsOf(
  { components = {}, rootCertificate, authority, signingKeys }: ControlPlaneOptions,
  kinds: readonly Kind[],
): readonly AnyController[] {
  const { controllers: asked = true, nodeIpam, heartbeat } = components;
  if (asked === false) return [];
  const all = controllers({
    kinds,
    nodeLifecycle: { gracePeriods: gracePeriods(heartbeat) },
    ...(nodeIpam === undefined ? {} : { nodeIpam }),
    ...(rootCertificate === undefined ? {} : { rootCertificate }),
    ...(authority === undefined ? {} : { authority }),
    signingKey: signingKeys[0],
  });
  return asked === true ? all : selectControllers(all, asked);
}

export interface ProvisionerComponentOptions extends Surroundings, Pick<RunProvisionerOptions, "serves" | "directories"> {
  readonly clientFor: ControlPlane["clientFor"];
}

/** Makes volumes for claims on the nodes that it serves. */
export function startProvisioner({ clientFor, ...options }: ProvisionerComponentOptions): {
  synced(signal?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
} {
  const client = clientFor(provisionerUser, "kubets");
  const informers = createInformers({ ...options, client });
  const provisioner = runHostPathProvisioner({ ...options, client, informers });
  return { synced: (signal) => provisioner.synced(signal), stop: async () => void (await provisioner.stop(), await informers.stop()) };
}

/** What claims get that name no class. Made anew at the next start when somebody deleted it; a changed one stays as it is. */
function defaultStorageClass({ reader, writer }: ServerCore): PostStart {
  return {
    name: "default-storage-class",
    constants: [{ kind: StorageClassKind as unknown as Kind, objects: [standardStorageClass] }],
    async run() {
      await reader.ready(StorageClassKind);
      if (reader.get(StorageClassKind, "", standardStorageClass.metadata.name ?? "") !== undefined) return;
      await writer.createConstant(StorageClassKind, standardStorageClass);
    },
  };
}

/** Simulated nodes may do what kubelets may, for every node. */
function simulatedNodesRole({ reader, writer }: ServerCore): PostStart {
  const { name } = users.simulatedNodes;
  return {
    name: "simulated-nodes-role",
    constants: [{ kind: ClusterRoleBindingKind as unknown as Kind, objects: [simulatedNodesBinding] }],
    async run() {
      await reader.ready(ClusterRoleBindingKind);
      if (reader.get(ClusterRoleBindingKind, "", name) !== undefined) return;
      await writer.createConstant(ClusterRoleBindingKind, simulatedNodesBinding);
    },
  };
}

const simulatedNodesBinding = {
  metadata: { name: users.simulatedNodes.name },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:node" },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: users.simulatedNodes.name }],
};
