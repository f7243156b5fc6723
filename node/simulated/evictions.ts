import { type Clock, sleep, type Task, type Tasks } from "@kubets/machinery";
import { lookEvery } from "./limits.ts";
import { judgePressures, type ObservedNode, type Pressures, type PressureType, pressureTypes } from "./node-pressure.ts";
import type { PodState } from "./pod-state.ts";
import type { WorkedPod } from "./pod-workers.ts";
import { ProgramError, type ProgramRule } from "./programs.ts";

/** A machine, as far as what it is short of is concerned. */
export interface PressedNode {
  readonly name: string;
  readonly capacity: ObservedNode["capacity"];
  readonly isConnected: boolean;
}

export interface EvictionsOptions {
  readonly nodes: () => Iterable<PressedNode>;
  /** All Pods of all nodes. */
  readonly pods: () => readonly WorkedPod[];
  readonly programs: readonly ProgramRule[];
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly evict: (pod: PodState["pod"], message: string) => void;
  /** The node's conditions have changed. */
  readonly onChange: (node: string) => Promise<void>;
  readonly signal: AbortSignal;
  /** As another simulation of the same nodes found it. */
  readonly restored?: Readonly<Record<string, Pressures>>;
}

/** What kubelets do when their node runs short of something, for all simulated nodes at once. */
export interface Evictions {
  pressuresOn(node: string): ReadonlySet<PressureType>;
  /** A Pod uses something: the nodes are looked at as long as any does, or is short of something. */
  attend(): void;
  state(): Readonly<Record<string, Pressures>>;
}

export function startEvictions(options: EvictionsOptions): Evictions {
  const { nodes, pods, programs, clock, tasks, evict, onChange, signal, restored = {} } = options;
  const pressures = new Map<string, Pressures>(Object.entries(restored));
  const pressuresOn = (node: string): ReadonlySet<PressureType> => {
    const known = pressures.get(node) ?? {};
    return new Set(pressureTypes.filter((type) => known[type] !== undefined));
  };

  const using = (): readonly WorkedPod[] => pods().filter(({ state, removed }) => !removed && usesAnything(state));

  const look = async (): Promise<void> => {
    const all = Map.groupBy(using(), ({ host }) => host);
    for (const { name, capacity, isConnected } of nodes()) {
      const own = (all.get(name) ?? []).map(({ state }) => state);
      // Where nobody uses anything there is nothing to run short of.
      if (!isConnected || (!pressures.has(name) && own.length === 0)) continue;
      const before = pressuresOn(name);
      const found = judgePressures({ capacity, states: own, programs, pressures: pressures.get(name) ?? {} }, clock.now());
      if (Object.keys(found.pressures).length === 0) pressures.delete(name);
      else pressures.set(name, found.pressures);
      if (found.evicted !== undefined) evict(found.evicted.pod, found.evicted.message);
      if (before.symmetricDifference(pressuresOn(name)).size > 0) await onChange(name);
    }
  };

  let isAttending = false;
  const attend = (): void => {
    if (isAttending || signal.aborted) return;
    isAttending = true;
    tasks.start("simulated evictions", async (task: Task) => {
      // A day in which nobody uses anything is not looked at every few seconds.
      while (pressures.size > 0 || using().length > 0) {
        try {
          await task.idle(sleep(clock, lookEvery, signal));
        } catch {
          return;
        }
        try {
          await look();
        } catch (error) {
          if (!(error instanceof ProgramError)) throw error;
          tasks.start("simulated program", () => Promise.reject(error));
        }
      }
      isAttending = false;
    });
  };
  attend();
  return { pressuresOn, attend, state: () => Object.fromEntries(pressures) };
}

/** Whether its programs say what they use. */
export function usesAnything({ runs }: PodState): boolean {
  return Object.values(runs).some((run) => run.kind === "running" && run.use !== undefined);
}
