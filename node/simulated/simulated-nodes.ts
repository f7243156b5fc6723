import { type Node, NodeKind, type Pod, PodKind } from "@kubets/api";
import { type Client, type Informers, untilAborted } from "@kubets/client";
import { type Clock, isStatus, type Logger, type Metrics, type Random, type Task, type Tasks, unmeasured, uuid } from "@kubets/machinery";
import { addressIn, type AddressPool, createAddressPool, subrange } from "./addresses.ts";
import { containerLogs, type LogEntry } from "./container-logs.ts";
import { eachAtOnce } from "./each-at-once.ts";
import { type HeartbeatIntervals, type Heartbeats, type HeartbeatsState, startHeartbeats } from "./heartbeats.ts";
import { nodeObject, type NodePlace, nodeStatus, type SimulatedNodeSpec } from "./node-object.ts";
import { type PodHost, type PodWorkers, startPodWorkers, type WorkedPod } from "./pod-workers.ts";
import { kubeletServer } from "./kubelet-server.ts";
import type { PodAddress, PodState } from "./pod-state.ts";
import { ProgramError, type ProgramRule } from "./programs.ts";
import { type Listener, podListener, unreachable } from "./simulated-network.ts";

export interface SimulatedNodesOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** How many (`simulated-0`, `simulated-1`, …), or which. */
  readonly nodes: number | readonly SimulatedNodeSpec[];
  readonly heartbeat?: HeartbeatIntervals;
  /** What containers do; see {@link ProgramRule}. The first rule that knows one decides. */
  readonly programs?: readonly ProgramRule[];
  /** Pods get addresses out of it, a /24 for each node. */
  readonly podRange?: string;
  /** Nodes get addresses out of it. */
  readonly nodeRange?: string;
  /** Goes on where another simulation was: its machines, in place of `nodes`, with their Pods as they were. */
  readonly restored?: SimulatedNodesState;
}

/** Nodes and everything that goes on on them. Plain data: it can be written as JSON. */
export interface SimulatedNodesState {
  readonly machines: readonly { readonly spec: SimulatedNodeSpec; readonly place: NodePlace; readonly power: Power }[];
  readonly pods: readonly WorkedPod[];
  readonly heartbeats: HeartbeatsState;
}

type Power = "up" | "partitioned" | "down";

export interface RunningSimulatedNodes extends AsyncDisposable {
  /** All nodes are registered and take Pods. */
  registered(signal?: AbortSignal): Promise<void>;
  readonly names: readonly string[];
  /** Throws for a name that isn't simulated here. */
  node(name: string): SimulatedNode;
  /** Another machine joins. */
  add(spec: SimulatedNodeSpec): Promise<void>;
  /** Ends a container of a Pod now, whatever its program says. */
  exit(pod: string, container: string, how: { readonly exitCode: number; readonly reason?: string }): void;
  /** What a container has written; see {@link containerLogs}. */
  logs(pod: string, container: string, options?: { readonly previous?: boolean }): readonly LogEntry[] | undefined;
  /** Who listens at an address and a port: a node's kubelet, or a container whose program answers. */
  listenerAt(host: string, port: number): Listener | undefined;
  /** Everything that another simulation needs to go on from here. Throws while the nodes are still being registered. */
  state(): SimulatedNodesState;
  /** Leaves Nodes and Pods as they are, as kubelets do that end. */
  stop(): Promise<void>;
}

export interface SimulatedNode {
  readonly name: string;
  /** The machine loses power: its containers are lost, nothing is heard of it. */
  fail(): void;
  /** The network is cut: its containers go on, nothing is heard of it, nor does it hear. */
  partition(): void;
  /** It is there again. After {@link fail}, it starts what should run anew. */
  restore(): Promise<void>;
}

const mostAtOnce = 32;

export function runSimulatedNodes(options: SimulatedNodesOptions): RunningSimulatedNodes {
  const simulation = new Simulation(options);
  return simulation;
}

class Machine implements PodHost, SimulatedNode {
  readonly name: string;
  readonly spec: SimulatedNodeSpec;
  readonly place: NodePlace;
  readonly #addresses: AddressPool;
  readonly #comesBack: (machine: Machine, lost: boolean) => Promise<void>;
  #state: Power;

  constructor(
    spec: SimulatedNodeSpec,
    place: NodePlace,
    comesBack: (machine: Machine, lost: boolean) => Promise<void>,
    power: Power = "up",
  ) {
    this.#state = power;
    this.name = spec.name;
    this.spec = spec;
    this.place = place;
    this.#addresses = createAddressPool(place.podRange);
    this.#comesBack = comesBack;
  }

  get isConnected(): boolean {
    return this.#state === "up";
  }

  get power(): Power {
    return this.#state;
  }

  assign({ spec, status }: Pod, before?: PodAddress): PodAddress {
    const hostIP = this.place.address;
    if (spec.hostNetwork === true) return { hostIP, podIP: hostIP };
    const known = before?.podIP ?? status.podIP;
    return { hostIP, podIP: known !== undefined && this.#addresses.claim(known) ? known : this.#addresses.take() };
  }

  release({ podIP }: PodAddress): void {
    this.#addresses.release(podIP);
  }

  fail(): void {
    this.#state = "down";
  }

  partition(): void {
    if (this.#state === "up") this.#state = "partitioned";
  }

  async restore(): Promise<void> {
    const before = this.#state;
    this.#state = "up";
    if (before !== "up") await this.#comesBack(this, before === "down");
  }
}

class Simulation implements RunningSimulatedNodes {
  readonly #options: SimulatedNodesOptions;
  readonly #stopping = new AbortController();
  readonly #machines = new Map<string, Machine>();
  readonly #started = Promise.withResolvers<void>();
  #heartbeats: Heartbeats | undefined;
  #workers: PodWorkers | undefined;

  constructor(options: SimulatedNodesOptions) {
    this.#options = options;
    const { nodes, tasks } = options;
    const specs = typeof nodes === "number" ? Array.from({ length: nodes }, (_, index) => ({ name: `simulated-${index}` })) : nodes;
    this.#started.promise.catch(() => {});
    tasks.start("simulated nodes start", (task) => this.#start(specs, task));
  }

  get names(): readonly string[] {
    return [...this.#machines.keys()];
  }

  registered(signal?: AbortSignal): Promise<void> {
    return untilAborted(this.#started.promise, signal);
  }

  node(name: string): SimulatedNode {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new Error(`Cannot find the simulated node "${name}": there are ${this.names.join(", ")}`);
    return machine;
  }

  async add(spec: SimulatedNodeSpec): Promise<void> {
    await this.#options.tasks.run("simulated node", () => this.#register(spec));
    await this.#heartbeats?.beat([spec.name]);
    this.#workers?.lookAgain(spec.name);
  }

  exit(pod: string, container: string, how: { readonly exitCode: number; readonly reason?: string }): void {
    this.#workers?.send({ kind: "exited", container, ...how }, { pod });
  }

  logs(pod: string, container: string, options: { readonly previous?: boolean } = {}): readonly LogEntry[] | undefined {
    const { clock, programs = [] } = this.#options;
    const state = this.#workers?.stateOf(pod);
    return state === undefined ? undefined : containerLogs(state, container, clock.now(), programs, options);
  }

  listenerAt(host: string, port: number): Listener | undefined {
    const { clock, tasks, programs = [] } = this.#options;
    const ran = <Value>(work: () => Promise<Value>): Promise<Value> =>
      tasks.run("simulated container", async () => {
        try {
          return await work();
        } catch (error) {
          // Who wrote the program has to know; who asked learns only that it failed.
          if (error instanceof ProgramError) tasks.start("simulated program", () => Promise.reject(error));
          throw error;
        }
      });
    const machine = [...this.#machines.values()].find(({ place }) => place.address === host);
    if (machine !== undefined && !machine.isConnected) return nobody(unreachable(host, port));
    if (machine !== undefined && port === kubeletPort)
      return kubeletServer({ node: machine.name, states: () => this.#statesOn(machine.name), programs, clock, tasks });
    const pods = this.#workers?.state() ?? [];
    const found = pods.filter(({ state }) => state.address.podIP === host);
    if (found.length === 0) return undefined;
    const [{ host: node }] = found as [WorkedPod];
    if (this.#machines.get(node)?.isConnected !== true) return nobody(unreachable(host, port));
    // Pods of the node's own network share its address.
    const listening = found.find(({ state }) => found.length === 1 || claims(state.pod, port));
    return listening === undefined ? undefined : podListener(listening.state, port, { programs, ran });
  }

  #statesOn(node: string): readonly PodState[] {
    return (this.#workers?.state() ?? []).filter(({ host, removed }) => host === node && !removed).map(({ state }) => state);
  }

  state(): SimulatedNodesState {
    if (this.#workers === undefined || this.#heartbeats === undefined)
      throw new Error("Cannot keep the state of the simulated nodes: they are still being registered");
    return {
      machines: [...this.#machines.values()].map(({ spec, place, power }) => ({ spec, place, power })),
      pods: this.#workers.state(),
      heartbeats: this.#heartbeats.state(),
    };
  }

  async stop(): Promise<void> {
    const reason = new Error("The simulated nodes are stopped");
    this.#stopping.abort(reason);
    this.#started.reject(reason);
    await this.#workers?.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #start(specs: readonly SimulatedNodeSpec[], task: Task): Promise<void> {
    const { client, informers, clock, tasks, logger, metrics = unmeasured, heartbeat = {}, programs = [], restored } = this.#options;
    const { signal } = this.#stopping;
    try {
      await task.idle(Promise.all([informers.of(NodeKind).synced(signal), informers.of(PodKind).synced(signal)]));
      if (restored === undefined) await eachAtOnce(specs, mostAtOnce, (spec) => this.#register(spec));
      for (const { spec, place, power } of restored?.machines ?? [])
        this.#machines.set(spec.name, new Machine(spec, place, (back, lost) => this.#comesBack(back, lost), power));
      const alive = (): readonly string[] => [...this.#machines.values()].filter(({ isConnected }) => isConnected).map(({ name }) => name);
      const node = (name: string): Node | undefined => informers.of(NodeKind).get(name);
      this.#heartbeats = startHeartbeats({
        client,
        clock,
        tasks,
        logger,
        intervals: heartbeat,
        alive,
        node,
        signal,
        ...(restored === undefined ? {} : { restored: restored.heartbeats }),
      });
      if (restored === undefined) await this.#heartbeats.beat(this.names);
      signal.throwIfAborted();
      const pods = informers.of(PodKind);
      this.#workers = startPodWorkers({
        client,
        pods,
        hosts: this.#machines,
        programs,
        clock,
        tasks,
        logger,
        metrics,
        signal,
        ...(restored === undefined ? {} : { restored: restored.pods }),
      });
      this.#started.resolve();
    } catch (error) {
      if (signal.aborted) return;
      logger.error("Simulated nodes not started", { error });
      this.#started.reject(error);
    }
  }

  async #register(spec: SimulatedNodeSpec): Promise<void> {
    const { client, clock, random, podRange = "10.128.0.0/9", nodeRange = "172.16.0.0/12" } = this.#options;
    const { signal } = this.#stopping;
    if (this.#machines.has(spec.name)) throw new Error(`Cannot add the simulated node "${spec.name}": it is there already`);
    const index = this.#machines.size;
    const planned: NodePlace = { address: addressIn(nodeRange, index + 1), podRange: subrange(podRange, 24, index), machine: uuid(random) };
    const machine = new Machine(spec, planned, (back, lost) => this.#comesBack(back, lost));
    this.#machines.set(spec.name, machine);
    const nodes = client.because({ actor: "kubelet" }).resource(NodeKind);
    let node: Node;
    try {
      node = await nodes.create(nodeObject(spec, planned, clock.now()), { signal });
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      node = await nodes.get(spec.name, { signal });
    }
    // A machine that was here before keeps the range that its Pods have their addresses from.
    const place = { ...planned, podRange: node.spec.podCIDR ?? planned.podRange };
    this.#machines.set(spec.name, new Machine(spec, place, (back, lost) => this.#comesBack(back, lost)));
    const isReported = node.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
    if (!isReported)
      await nodes.patch(spec.name, { status: nodeStatus(spec, place, clock.now()) }, { type: "strategic", subresource: "status", signal });
  }

  async #comesBack({ name }: Machine, lost: boolean): Promise<void> {
    await this.#options.tasks.run("simulated node", async () => {
      await this.#heartbeats?.beat([name], { status: true });
      if (lost) this.#workers?.send({ kind: "rebooted" }, { host: name });
      this.#workers?.lookAgain(name);
    });
  }
}

const kubeletPort = 10_250;

function nobody(error: Error): Listener {
  return { request: () => Promise.reject(error), upgrade: () => Promise.reject(error) };
}

function claims({ spec }: Pod, port: number): boolean {
  return spec.containers.some(({ ports = [] }) => ports.some(({ containerPort, hostPort }) => containerPort === port || hostPort === port));
}
