import { decide, type Decision, decidePrepared, diagnose, prepare, type PreparedPod } from "./cycle.ts";
import type { Plugin, Profile } from "./framework.ts";
import { PodClass } from "./pod-class.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Snapshot } from "./snapshot.ts";

/** The scheduling cycle of one profile over one snapshot. */
export interface Cycle {
  /** Decides as {@link decide} does: the same node, the same reasons. */
  decide(pod: PodInfo): Decision;
}

export interface CycleOptions {
  readonly snapshot: Snapshot;
  readonly profile: Profile;
  /** Bounds the memory that rankings take: one number for each class and node. */
  readonly maximumRankings?: number;
}

/**
 * A cycle that remembers, for each class of equal Pods, how the class ranks the nodes. A class that is seen for the first time is
 * decided plainly: a ranking pays from the second Pod on.
 */
export function createCycle({ snapshot, profile, maximumRankings = 4_000_000 }: CycleOptions): Cycle {
  // Both in the order of last use, oldest first.
  const classes = new Map<string, PodClass>();
  const seenOnce = new Set<string>();
  const signing = profile.plugins.map(({ plugin }) => plugin).filter(({ sign }) => sign !== undefined);
  const diagnoses = new WeakMap<PodClass, { readonly end: number; readonly decision: Decision }>();

  const classOf = (signature: string, pod: PodInfo): PodClass | undefined => {
    let found = classes.get(signature);
    if (found !== undefined) {
      classes.delete(signature);
    } else {
      if (!seenOnce.delete(signature)) {
        seenOnce.add(signature);
        if (seenOnce.size > maximumSeen) seenOnce.delete(first(seenOnce));
        return undefined;
      }
      found = new PodClass(snapshot, prepare(snapshot, pod, profile));
    }
    classes.set(signature, found);
    while (classes.size > 1 && classes.size * snapshot.slots > maximumRankings) classes.delete(first(classes.keys()));
    return found;
  };

  return {
    decide(pod) {
      const signature = signatureBy(signing, pod, snapshot);
      const podClass = signature === undefined ? undefined : classOf(signature, pod);
      if (podClass === undefined) return decide(snapshot, pod, profile);
      const { prepared } = podClass;
      if (needsPlainCycle(snapshot, pod, prepared)) return decidePrepared(snapshot, pod, profile, prepared);
      const best = podClass.best();
      if (best >= 0) {
        return { kind: "place", node: snapshot.nameOf(best), score: podClass.scoreOf(best), feasibleNodes: podClass.feasibleNodes };
      }
      const known = diagnoses.get(podClass);
      if (known?.end === snapshot.journal.end) return known.decision;
      const decision: Decision = { kind: "unschedulable", diagnosis: diagnose(snapshot, profile, prepared), prepared };
      diagnoses.set(podClass, { end: snapshot.journal.end, decision });
      return decision;
    },
  };
}

const maximumSeen = 10_000;

/** What a ranking that all Pods of a class share can't tell: few nodes in question, or nominations, which are for single Pods. */
function needsPlainCycle(snapshot: Snapshot, pod: PodInfo, { rejection, only }: PreparedPod): boolean {
  return (
    rejection !== undefined || only !== undefined || snapshot.nominations.nodeOf(pod.key) !== undefined || snapshot.nominations.concern(pod)
  );
}

/** Pods with equal signatures are one class: every plugin reads the same of them. One without is like no other. */
function signatureBy(signing: readonly Plugin[], pod: PodInfo, snapshot: Snapshot): string | undefined {
  let signature = "";
  for (const { sign } of signing) {
    const part = sign!(pod, snapshot);
    if (part === undefined) return undefined;
    signature += `${part}\n`;
  }
  return signature;
}

function first(values: Iterable<string>): string {
  for (const value of values) return value;
  throw new RangeError("Cannot take the first of nothing");
}
