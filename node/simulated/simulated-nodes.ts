import { type Node, NodeKind, type Pod, PodKind } from "@kubets/api";
import { type Client, createEventRecorder, type EventRecorder, type Informers, objectKey, untilAborted } from "@kubets/client";
import { type Clock, isStatus, type Logger, type Metrics, type Random, type Task, type Tasks, unmeasured, uuid } from "@kubets/machinery";
import { addressIn, subrange } from "./addresses.ts";
import { containerLogs, type LogEntry } from "./container-logs.ts";
import { eachAtOnce } from "./each-at-once.ts";
import { type HeartbeatIntervals, type Heartbeats, type HeartbeatsState, startHeartbeats } from "./heartbeats.ts";
import { nodeObject, type NodePlace, nodeStatus, type SimulatedNodeSpec } from "./node-object.ts";
import { type Evictions, startEvictions, usesAnything } from "./evictions.ts";
import type { Pressures } from "./node-pressure.ts";
import { type PodWorkers, startPodWorkers, type WorkedPod } from "./pod-workers.ts";
import { Machine, type Power, type SimulatedNode } from "./machine.ts";
import { kubeletServer } from "./kubelet-server.ts";
import type { PodState } from "./pod-state.ts";
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
  /** What nodes are short of. */
  readonly pressures: Readonly<Record<string, Pressures>>;
}

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

const mostAtOnce = 32;

export function runSimulatedNodes(options: SimulatedNodesOptions): RunningSimulatedNodes {
  const simulation = new Simulation(options);
  return simulation;
}

class Simulation implements RunningSimulatedNodes {
  readonly #options: SimulatedNodesOptions;
  readonly #stopping = new AbortController();
  readonly #machines = new Map<string, Machine>();
  readonly #recorders = new Map<string, EventRecorder>();
  readonly #started = Promise.withResolvers<void>();
  #heartbeats: Heartbeats | undefined;
  #workers: PodWorkers | undefined;
  #evictions: Evictions | undefined;

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
      return kubeletServer({ node: machine.name, states: () => this.#statesOn(machine.name), programs, clock, tasks, ran });
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
      pressures: this.#evictions?.state() ?? {},
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
        pressuresOn: (name) => this.#evictions?.pressuresOn(name) ?? new Set(),
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
        recorderOf: (host) => this.#recorderOf(host),
        onStep: (state) => usesAnything(state) && this.#evictions?.attend(),
        signal,
        ...(restored === undefined ? {} : { restored: restored.pods }),
      });
      // Only programs use anything.
      if (programs.length > 0) this.#startEvictions(this.#heartbeats, this.#workers);
      this.#started.resolve();
    } catch (error) {
      if (signal.aborted) return;
      logger.error("Simulated nodes not started", { error });
      this.#started.reject(error);
    }
  }

  #startEvictions(heartbeats: Heartbeats, workers: PodWorkers): void {
    const { clock, tasks, programs = [], restored } = this.#options;
    this.#evictions = startEvictions({
      nodes: () => this.#machines.values(),
      pods: () => workers.state(),
      programs,
      clock,
      tasks,
      evict: (pod, message) => workers.send({ kind: "evicted", message }, { pod: objectKey(pod) }),
      onChange: (node) => heartbeats.beat([node], { status: true }),
      signal: this.#stopping.signal,
      ...(restored === undefined ? {} : { restored: restored.pressures }),
    });
  }

  #recorderOf(host: string): EventRecorder {
    let recorder = this.#recorders.get(host);
    if (recorder === undefined) {
      recorder = createEventRecorder({ ...this.#options, host, signal: this.#stopping.signal });
      this.#recorders.set(host, recorder);
    }
    return recorder;
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
