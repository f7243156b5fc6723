import { type Decision, decidePrepared, diagnose, prepare, type PreparedPod } from "./cycle.ts";
import type { Profile } from "./framework.ts";
import { NodeAnswers } from "./node-answers.ts";
import { PodClass } from "./pod-class.ts";
import type { PodInfo } from "./pod-info.ts";
import { RecentlyUsed } from "./recently-used.ts";
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
 * A cycle that remembers what Nodes alone answer, for all Pods that ask the same of them, and how classes of Pods that are equal in
 * everything rank the nodes. A class that is seen for the first time isn't ranked: a ranking pays from the second Pod on.
 */
export function createCycle({ snapshot, profile, maximumRankings = 4_000_000 }: CycleOptions): Cycle {
  const room = (): number => maximumRankings / snapshot.slots;
  const classes = new RecentlyUsed<PodClass>(room);
  const answers = new RecentlyUsed<NodeAnswers>(room);
  const seenOnce = new RecentlyUsed<true>(() => 10_000);
  const places = new Map(profile.plugins.map(({ plugin }, place) => [plugin.name, place]));
  const diagnoses = new WeakMap<PodClass, { readonly end: number; readonly decision: Decision }>();

  const answersFor = (prepared: PreparedPod, signatures: Signatures): NodeAnswers => {
    const ofNodes = [...prepared.filters, ...prepared.scorers].filter(({ scope }) => scope === "node");
    const plugins = new Set<string>();
    let key = "";
    for (const { plugin } of ofNodes) {
      const signature = signatures[places.get(plugin)!];
      if (signature === undefined || plugins.has(plugin)) continue;
      plugins.add(plugin);
      key += `${plugin} ${signature}\n`;
    }
    return answers.get(key) ?? answers.put(key, new NodeAnswers(snapshot, prepared, plugins));
  };

  const classOf = (pod: PodInfo, signatures: Signatures): PodClass | undefined => {
    const signature = signatures.includes(undefined) ? undefined : signatures.join("\n");
    if (signature === undefined) return undefined;
    const known = classes.get(signature);
    if (known !== undefined) return known;
    if (seenOnce.remove(signature)) {
      const prepared = prepare(snapshot, pod, profile);
      return classes.put(signature, new PodClass(snapshot, prepared, answersFor(prepared, signatures)));
    }
    seenOnce.put(signature, true);
    return undefined;
  };

  const decideUnranked = (pod: PodInfo, prepared: PreparedPod, signatures: Signatures): Decision => {
    if (prepared.rejection !== undefined || prepared.only !== undefined) return decidePrepared(snapshot, pod, profile, prepared);
    const known = answersFor(prepared, signatures);
    known.follow();
    return decidePrepared(snapshot, pod, profile, prepared, known.recall(prepared));
  };

  return {
    decide(pod) {
      const signatures = profile.plugins.map(({ plugin: { sign } }) => (sign === undefined ? "" : sign(pod, snapshot)));
      const podClass = classOf(pod, signatures);
      if (podClass === undefined) return decideUnranked(pod, prepare(snapshot, pod, profile), signatures);
      const { prepared } = podClass;
      if (needsAll(snapshot, pod, prepared)) return decideUnranked(pod, prepared, signatures);
      const best = podClass.best();
      if (best !== undefined) {
        return { kind: "place", node: snapshot.nameOf(best.slot), score: best.score, feasibleNodes: best.feasibleNodes };
      }
      const known = diagnoses.get(podClass);
      if (known?.end === snapshot.journal.end) return known.decision;
      const decision: Decision = { kind: "unschedulable", diagnosis: diagnose(snapshot, profile, prepared), prepared };
      diagnoses.set(podClass, { end: snapshot.journal.end, decision });
      return decision;
    },
  };
}

/**
 * What each plugin of the profile reads of a Pod. Pods with equal signatures are one class: every plugin reads the same of them. One for
 * which a plugin has none is like no other.
 */
type Signatures = readonly (string | undefined)[];

/** What a ranking that all Pods of a class share can't tell: few nodes in question, or nominations, which are for single Pods. */
function needsAll(snapshot: Snapshot, pod: PodInfo, { rejection, only }: PreparedPod): boolean {
  return (
    rejection !== undefined || only !== undefined || snapshot.nominations.nodeOf(pod.key) !== undefined || snapshot.nominations.concern(pod)
  );
}
