import type { Random } from "@kubets/machinery";

/**
 * What goes wrong between a cluster and those who use it: your operators, and everyone who comes over HTTPS. Kubernetes' own parts are
 * spared. Numbers from 0 to 1 say how often; what is absent never happens. Which request it hits is a matter of the cluster's seed.
 */
export interface Faults {
  /** Updates and patches that are answered with a conflict, as if somebody else had been faster. */
  readonly conflicts?: number;
  /** Requests that never arrive. */
  readonly lostRequests?: number;
  /** Writes that are carried out, and whose answer never arrives. */
  readonly lostAnswers?: number;
  /** Events of watches after which the watch ends. */
  readonly droppedWatches?: number;
  /** Requests, and events of watches, that come late, so that others are faster and caches are stale. */
  readonly late?: number;
  /** By how much at most: turns of the process, in each of which everybody else goes on. 20 when absent. */
  readonly latest?: number;
  /** Writes after which the operator that made them dies at once, and starts anew with empty hands. Not for clients over HTTPS. */
  readonly crashes?: number;
  /** Milliseconds by which the clock of operators differs from the cluster's at most, one way or the other. */
  readonly clockSkew?: number;
}

/** A bit of everything. */
export const everyFault: Faults = {
  conflicts: 0.05,
  lostRequests: 0.03,
  lostAnswers: 0.05,
  droppedWatches: 0.03,
  late: 0.3,
  crashes: 0.05,
  clockSkew: 2000,
};

export type FaultKind = "conflict" | "lost request" | "lost answer" | "dropped watch" | "late" | "crash" | "clock skew";

/** One thing that went wrong. */
export interface InjectedFault {
  /** Counted from 0, in the order in which they happened. */
  readonly number: number;
  readonly kind: FaultKind;
  /** What it hit, such as `PUT /api/v1/namespaces/default/configmaps/a`. */
  readonly hit: string;
}

/** Decides what goes wrong, by chance, and keeps count. */
export interface FaultPlan {
  readonly injected: readonly InjectedFault[];
  /** From now on nothing goes wrong any more. */
  end(): void;
  /** Whether this goes wrong now. */
  strikes(kind: Exclude<FaultKind, "clock skew" | "late">, hit: string): boolean;
  /** How many turns this comes late; 0 when it doesn't. */
  lateness(hit: string): number;
  /** By how many milliseconds the clock of somebody who starts now is wrong. */
  skew(who: string): number;
}

export interface FaultPlanOptions {
  readonly faults: Faults;
  readonly random: Random;
  /** Only those of these numbers happen, as they would have; the others are left out. All when absent. */
  readonly only?: ReadonlySet<number>;
}

export function createFaultPlan({ faults, random, only }: FaultPlanOptions): FaultPlan {
  const {
    conflicts = 0,
    lostRequests = 0,
    lostAnswers = 0,
    droppedWatches = 0,
    late = 0,
    latest = 20,
    crashes = 0,
    clockSkew = 0,
  } = faults;
  const often = {
    conflict: conflicts,
    "lost request": lostRequests,
    "lost answer": lostAnswers,
    "dropped watch": droppedWatches,
    crash: crashes,
  };
  const injected: InjectedFault[] = [];
  let ended = false;
  let next = 0;
  const happens = (kind: FaultKind, hit: string): boolean => {
    const number = next++;
    if (only !== undefined && !only.has(number)) return false;
    injected.push({ number, kind, hit });
    return true;
  };
  return {
    injected,
    end() {
      ended = true;
    },
    // Chance is asked each time, whatever comes of it: leaving one fault out moves no other.
    strikes: (kind, hit) => !ended && random.fraction() < often[kind] && happens(kind, hit),
    lateness(hit) {
      if (ended || random.fraction() >= late) return 0;
      const turns = 1 + Math.floor(random.fraction() * latest);
      return happens("late", `${hit}, by ${turns} turns`) ? turns : 0;
    },
    skew(who) {
      if (ended || clockSkew === 0) return 0;
      const milliseconds = Math.round((random.fraction() * 2 - 1) * clockSkew);
      return happens("clock skew", `${who}, by ${milliseconds} ms`) ? milliseconds : 0;
    },
  };
}
