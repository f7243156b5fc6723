import { isPodTerminal, type Pod, PodKind, type PodStatus } from "@kubets/api";
import { type Client, createWorkQueue, type EventRecorder, type Informer, type ObjectKey, objectKey, type Work } from "@kubets/client";
import { type Clock, isStatus, type Logger, type Metrics, type Tasks } from "@kubets/machinery";
import { admit } from "./admission.ts";
import { nextMoment, type PodEffect, type PodEvent, step } from "./pod-machine.ts";
import type { PodAddress, PodState, Telling } from "./pod-state.ts";
import { ProgramError, type ProgramRule } from "./programs.ts";

/** A machine, as far as its Pods are concerned. */
export interface PodHost {
  readonly name: string;
  /** Whether its kubelet can see and reach the API server. */
  readonly isConnected: boolean;
  /** `known`: the address that it had before. */
  assign(pod: Pod, known?: PodAddress): PodAddress;
  release(address: PodAddress): void;
}

export interface PodWorkersOptions {
  readonly client: Client;
  readonly pods: Informer<Pod>;
  readonly hosts: ReadonlyMap<string, PodHost>;
  readonly programs: readonly ProgramRule[];
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Tells people of what happens to Pods of a node. */
  readonly recorderOf: (host: string) => EventRecorder;
  /** A Pod has been brought forward. */
  readonly onStep?: (state: PodState) => void;
  readonly signal: AbortSignal;
  /** Pods that the nodes have already, as {@link PodWorkers.state} told of them. */
  readonly restored?: readonly WorkedPod[];
}

/** A Pod on a node, as another simulation of the same nodes can go on with it. Plain data. */
export interface WorkedPod {
  readonly host: string;
  readonly state: PodState;
  readonly removed: boolean;
}

/** What kubelets do for their Pods, for all simulated nodes at once. */
export interface PodWorkers {
  /** Looks at the Pods of a node again. */
  lookAgain(host: string): void;
  /** Sends an event to a Pod, or to all of a node. */
  send(event: PodEvent, to: { readonly pod: ObjectKey } | { readonly host: string }): void;
  stateOf(pod: ObjectKey): PodState | undefined;
  /** All Pods of all nodes. Those that events wait for make no state that could be kept. */
  state(): readonly WorkedPod[];
  /** Resolves when no worker runs any more. */
  stop(): Promise<void>;
}

interface Worked {
  readonly state: PodState;
  readonly host: PodHost;
  readonly events: readonly PodEvent[];
  /** The object's removal has been asked for; finalizers may keep it. */
  readonly removed: boolean;
}

/** How many Pods are worked on at once: each may wait for a write of its own. */
const workers = 64;

export function startPodWorkers({
  client,
  pods,
  hosts,
  programs,
  clock,
  tasks,
  logger,
  metrics,
  recorderOf,
  onStep,
  signal,
  restored = [],
}: PodWorkersOptions): PodWorkers {
  const worked = new Map<ObjectKey, Worked>();
  const queue = createWorkQueue<ObjectKey>({ name: "simulated_pods", clock, tasks, metrics });

  const forget = (key: ObjectKey): void => {
    const known = worked.get(key);
    if (known === undefined) return;
    worked.delete(key);
    queue.cancelDelay(key);
    queue.forget(key);
    known.host.release(known.state.address);
  };

  /** What is known of a Pod after the newest of its objects; `undefined` when none of the nodes has it. */
  const current = (key: ObjectKey): Worked | undefined => {
    const pod = pods.get(key);
    const known = worked.get(key);
    if (known !== undefined && (pod === undefined || pod.metadata.uid !== known.state.pod.metadata.uid)) forget(key);
    if (pod === undefined) return undefined;
    const same = worked.get(key);
    // The cache may be behind our own last write.
    if (same !== undefined)
      return revisionOf(pod) <= revisionOf(same.state.pod) ? same : { ...same, events: [...same.events, { kind: "observed", pod }] };
    const host = hosts.get(pod.spec.nodeName ?? "");
    if (host === undefined) return undefined;
    // Whoever ended before the simulation saw it has nothing left on any node.
    if (isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined) return undefined;
    return { state: admit(pod, host.assign(pod), clock.now(), programs), host, events: [{ kind: "observed", pod }], removed: false };
  };

  const work = async (key: ObjectKey): Promise<void> => {
    const found = current(key);
    if (found === undefined) return;
    if (!found.host.isConnected) return void worked.set(key, { ...found, events: found.events.filter(({ kind }) => kind !== "observed") });
    let { state } = found;
    let effects: readonly PodEffect[] = [];
    const events: readonly PodEvent[] = found.events.length === 0 ? [{ kind: "time" }] : found.events;
    for (const event of events) {
      const { next, effects: following } = step(state, event, clock.now(), programs);
      // Each tells its own; of the rest, what holds after the last is what there is to do.
      effects = [...effects.filter(({ kind }) => kind === "tell"), ...following];
      state = next;
    }
    worked.set(key, { ...found, state, events: [] });
    onStep?.(state);
    for (const effect of effects) {
      switch (effect.kind) {
        case "tell":
          tell(found.host, state.pod, effect);
          break;
        case "report":
          await report(key, effect.status);
          break;
        case "remove":
          await remove(key);
          break;
        case "wake":
          queue.addAfter(key, effect.at - clock.now());
      }
    }
  };

  const tell = ({ name }: PodHost, about: Pod, { type, reason, message, container }: Telling): void => {
    const isInit = about.spec.initContainers?.some((each) => each.name === container) === true;
    const fieldPath = container === undefined ? {} : { fieldPath: `spec.${isInit ? "initContainers" : "containers"}{${container}}` };
    recorderOf(name).record({ about, type, reason, message, component: "kubelet", ...fieldPath });
  };

  const clientFor = ({ metadata: { namespace, name, resourceVersion } }: Pod): Client =>
    client.because({ actor: "kubelet", object: `pods/${namespace}/${name}`, revision: Number(resourceVersion) });

  const report = async (key: ObjectKey, status: PodStatus): Promise<void> => {
    const { pod } = worked.get(key)!.state;
    const written = await clientFor(pod)
      .resource(PodKind)
      .in(pod.metadata.namespace!)
      .updateStatus({ ...pod, status }, { signal });
    const now = worked.get(key);
    if (now?.state.pod.metadata.uid === written.metadata.uid) worked.set(key, { ...now, state: { ...now.state, pod: written } });
  };

  const remove = async (key: ObjectKey): Promise<void> => {
    const known = worked.get(key)!;
    if (known.removed) return;
    const { uid, name, namespace } = known.state.pod.metadata;
    await clientFor(known.state.pod)
      .resource(PodKind)
      .in(namespace!)
      .delete(name, { gracePeriodSeconds: 0, preconditions: { uid }, signal });
    const now = worked.get(key);
    if (now?.state.pod.metadata.uid === uid) worked.set(key, { ...now, removed: true });
  };

  const pass = async ({ key }: Work<ObjectKey>): Promise<void> => {
    try {
      await work(key);
      queue.forget(key);
    } catch (error) {
      // After a conflict the cache shows, now or soon, what was missed; what is gone needs nothing more.
      if (signal.aborted || isStatus(error, "NotFound")) return;
      // Who wrote the rule has to know; asked again, it would only say the same.
      if (error instanceof ProgramError) return tasks.start("simulated program", () => Promise.reject(error));
      if (!isStatus(error, "Conflict")) logger.warn("Simulated Pod not brought forward", { pod: key, error });
      queue.addAfterFailure(key);
    }
  };
  const running = tasks.run("simulated kubelets", (task) => task.idle(queue.serve(workers, pass)));

  // What is as it was left only waits for its next moment.
  const asLeft = new Map<ObjectKey, number>();
  for (const { host: name, state, removed } of restored) {
    const host = hosts.get(name);
    if (host === undefined) continue;
    const key = objectKey(state.pod);
    worked.set(key, { state: { ...state, address: host.assign(state.pod, state.address) }, host, events: [], removed });
    asLeft.set(key, revisionOf(state.pod));
    const next = nextMoment(state);
    if (next !== undefined) queue.addAfter(key, next - clock.now());
  }
  const subscription = pods.onChange(({ key, object }) => {
    const left = asLeft.get(key);
    if (left !== undefined) asLeft.delete(key);
    if (left !== undefined && object !== undefined && revisionOf(object) === left) return;
    if (worked.has(key) || hosts.has(object?.spec.nodeName ?? "")) queue.add(key);
  });

  return {
    lookAgain(host) {
      for (const pod of pods.list()) if (pod.spec.nodeName === host) queue.add(objectKey(pod));
    },
    send(event, to) {
      for (const [key, known] of worked) {
        if ("pod" in to ? key !== to.pod : known.host.name !== to.host) continue;
        worked.set(key, { ...known, events: [...known.events, event] });
        queue.add(key);
      }
    },
    stateOf: (pod) => worked.get(pod)?.state,
    state: () => [...worked.values()].map(({ state, host, removed }) => ({ host: host.name, state, removed })),
    async stop() {
      subscription[Symbol.dispose]();
      queue.shutDown();
      await running;
    },
  };
}

function revisionOf({ metadata }: Pod): number {
  return Number(metadata.resourceVersion);
}
