import type { AnyController } from "@kubets/client";
import { type Random, seededRandom } from "@kubets/machinery";
import type { Store } from "@kubets/store";
import { createMemoryStore } from "@kubets/store/memory";
import type { Cluster, ClusterOptions } from "./cluster.ts";
import { everyFault, type Faults, type InjectedFault } from "./faults.ts";
import { everyRevision, historyLines, type RevisionView } from "./revision-view.ts";
import { beginCluster } from "./start-cluster.ts";

/** What is tried again and again, each time with other mishaps. */
export interface Simulation {
  /** How many seeds, from 1 on, or which: one alone replays its run. */
  readonly seeds: number | readonly number[];
  /** The controllers to be tried. Made anew for each run. */
  readonly operators: () => readonly AnyController[];
  /** A bit of everything when absent. */
  readonly faults?: Faults;
  readonly cluster?: Omit<ClusterOptions, "clock" | "faults" | "operators" | "seed" | "snapshot" | "store">;
  /** What happens. Things go wrong meanwhile; `chance` is the seed's too. */
  readonly run: (cluster: Cluster, chance: Random) => Promise<void>;
  /** What must hold right after every write: a sentence that says what is wrong, or `undefined`. */
  readonly invariant?: (view: RevisionView) => string | undefined;
  /** What must hold in the end: throws when it doesn't. By then nothing goes wrong any more, and time has passed. */
  readonly end?: (cluster: Cluster) => Promise<void>;
  /** How much time of the cluster passes between the last mishap and the end; 10 minutes when absent. */
  readonly patience?: string | number;
  /** How many runs may be spent on finding out which mishaps a failure needs; 60 when absent. */
  readonly shrinkingRuns?: number;
}

/** What was tried. */
export interface SimulationReport {
  readonly runs: number;
  /** How much went wrong in all of them. */
  readonly faults: number;
}

/**
 * Tries controllers on clusters in which things go wrong: interleavings, stale caches, dropped watches, conflicts, lost requests and
 * answers, crashes between writes, clocks that differ. The same seed goes wrong in the same way.
 *
 * Rejects with a {@link SimulationFailure} at the first seed under which an invariant is broken, the end isn't what it should be, the
 * cluster doesn't settle, or something fails in the background. By then the mishaps that the failure doesn't need are left out.
 */
export async function simulate(simulation: Simulation): Promise<SimulationReport> {
  const { seeds } = simulation;
  let faults = 0;
  const list = typeof seeds === "number" ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds;
  for (const seed of list) {
    const told = await runOnce(simulation, seed);
    faults += told.injected.length;
    if (told.problem !== undefined) throw await smallest(simulation, seed, told);
  }
  return { runs: list.length, faults };
}

/** A seed under which a simulation fails, with no more mishaps than it takes. */
export class SimulationFailure extends Error {
  readonly seed: number;
  readonly problem: string;
  /** What had to go wrong. */
  readonly faults: readonly InjectedFault[];
  /** What was written, oldest first, up to the problem. */
  readonly history: readonly string[];

  constructor(seed: number, { problem, injected, history, cause }: Told & { readonly problem: string }, before: number) {
    const shown = history.slice(-mostLines);
    super(
      [
        `Seed ${seed}: ${problem}`,
        `It takes ${injected.length} of ${before} mishaps:`,
        ...injected.map(({ kind, hit }) => `  ${kind}: ${hit}`),
        shown.length < history.length ? `The last ${shown.length} of ${history.length} writes:` : "What was written:",
        ...shown.map((line) => `  ${line}`),
        `The same again: seeds: [${seed}]`,
      ].join("\n"),
      { cause },
    );
    this.name = "SimulationFailure";
    this.seed = seed;
    this.problem = problem;
    this.faults = injected;
    this.history = history;
  }
}

const mostLines = 40;

interface Told {
  readonly problem?: string;
  readonly cause?: unknown;
  readonly injected: readonly InjectedFault[];
  readonly history: readonly string[];
}

async function runOnce(simulation: Simulation, seed: number, only?: ReadonlySet<number>): Promise<Told> {
  const { operators, faults = everyFault, cluster: options = {}, patience = "10m" } = simulation;
  let store: Store | undefined;
  await using cluster = await beginCluster(
    {
      ...options,
      seed,
      operators: operators(),
      faults,
      // All of its history stays: the invariant is asked of every revision.
      store: async (surroundings) => (store = createMemoryStore({ ...surroundings, historyBytes: Number.MAX_SAFE_INTEGER })),
    },
    only,
  );
  const plan = cluster.faults!;
  const ended = async (): Promise<void> => {
    await simulation.run(cluster, seededRandom(seed + 0x5eed));
    plan.end();
    await cluster.settle();
    await cluster.clock.advance(patience);
    await cluster.settle();
    await simulation.end?.(cluster);
    const [failure] = cluster.failures;
    if (failure !== undefined) throw failure.error;
  };
  const outcome = await ended().then(
    () => undefined,
    (cause: unknown) => ({ problem: cause instanceof Error ? cause.message : String(cause), cause }),
  );
  const broken = await firstBroken(store!, simulation.invariant);
  const history = outcome === undefined && broken === undefined ? [] : await historyLines(store!);
  if (broken !== undefined) {
    const upTo = history.filter((line) => Number(line.split(":", 1)[0]) <= broken.revision);
    return { problem: `at revision ${broken.revision}, ${broken.problem}`, injected: [...plan.injected], history: upTo };
  }
  return { ...outcome, injected: [...plan.injected], history };
}

async function firstBroken(
  store: Store,
  invariant: Simulation["invariant"],
): Promise<{ readonly revision: number; readonly problem: string } | undefined> {
  if (invariant === undefined) return undefined;
  for await (const view of everyRevision(store)) {
    const problem = invariant(view);
    if (problem !== undefined) return { revision: view.revision, problem };
  }
  return undefined;
}

/** Leaves out mishaps as long as it still fails: halves first, then ever smaller parts. */
async function smallest(simulation: Simulation, seed: number, first: Told): Promise<SimulationFailure> {
  const budget = { runs: simulation.shrinkingRuns ?? 60 };
  let best = first as Told & { readonly problem: string };
  const stillFails = async (numbers: readonly number[]): Promise<boolean> => {
    if (budget.runs-- <= 0) return false;
    const told = await runOnce(simulation, seed, new Set(numbers));
    if (told.problem === undefined) return false;
    best = { ...told, problem: told.problem };
    return true;
  };
  let kept = first.injected.map(({ number }) => number);
  if (await stillFails([])) kept = [];
  for (let size = Math.ceil(kept.length / 2); kept.length > 0 && budget.runs > 0; size = Math.ceil(size / 2)) {
    for (let start = 0; start < kept.length && budget.runs > 0;) {
      const without = kept.toSpliced(start, size);
      // What comes after a mishap that is left out may differ: only what did happen counts from then on.
      if (await stillFails(without)) kept = best.injected.map(({ number }) => number);
      else start += size;
    }
    if (size === 1) break;
  }
  return new SimulationFailure(seed, best, first.injected.length);
}
