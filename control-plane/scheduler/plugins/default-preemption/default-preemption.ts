import { parseTime } from "@kubets/machinery";
import { type Diagnosis, DiagnosisBuilder, unschedulableMessage } from "../../diagnosis.ts";
import { type FilterFailure, type Plugin, type PostFilterVerdict, type Rejection, rejection } from "../../framework.ts";
import type { PodInfo } from "../../pod-info.ts";
import type { Snapshot } from "../../snapshot.ts";

const name = "DefaultPreemption";

/** A node on which a Pod would fit if the victims were gone. */
interface Candidate {
  readonly slot: number;
  /** The most important first. */
  readonly victims: readonly PodInfo[];
  /** How many of them no disruption budget lets go. */
  readonly broken: number;
}

/**
 * Makes room for a Pod by Pods of lower priority: on the node where the fewest disruption budgets are broken and the least important have
 * to go, and there only those without whose room it doesn't fit.
 */
export const defaultPreemption: Plugin = {
  name,
  postFilter(pod, snapshot, failure) {
    const verdict = preempt(pod, snapshot, failure);
    return verdict.kind === "reject" ? { ...verdict, message: `preemption: ${verdict.message}` } : verdict;
  },
  hints: { AssignedPodDeleted: () => true },
};

function preempt(pod: PodInfo, snapshot: Snapshot, failure: FilterFailure): PostFilterVerdict {
  const notEligible = whyNotEligible(pod, snapshot);
  if (notEligible !== undefined) return { kind: "reject", message: `not eligible due to ${notEligible}.`, nomination: "keep" };
  const candidates: Candidate[] = [];
  const builder = new DiagnosisBuilder(snapshot.size);
  let asked = 0;
  for (const slot of snapshot.nodeSlots()) {
    if (failure.verdictOf(slot)?.resolvable !== true) continue;
    asked++;
    const found = victimsOn(slot, pod, snapshot, failure);
    if ("victims" in found) candidates.push(found);
    else builder.add(found);
  }
  const best = candidates.reduce<Candidate | undefined>((a, b) => (a === undefined || isBetter(b, a) ? b : a), undefined);
  if (best !== undefined) return { kind: "nominate", node: snapshot.nameOf(best.slot), victims: best.victims };
  if (asked < snapshot.size) builder.add(notHelpful, snapshot.size - asked);
  const diagnosis: Diagnosis = builder.build();
  return { kind: "reject", message: unschedulableMessage(diagnosis), nomination: "withdraw" };
}

const notHelpful = rejection(name, false, "Preemption is not helpful for scheduling");
const noVictims = rejection(name, false, "No preemption victims found for incoming pod");

function whyNotEligible(pod: PodInfo, snapshot: Snapshot): string | undefined {
  if (pod.pod.spec.preemptionPolicy === "Never") return "preemptionPolicy=Never";
  // Room is being made already.
  const slot = snapshot.slotOf(snapshot.nominations.nodeOf(pod.key) ?? "");
  const leaving =
    slot !== undefined && [...snapshot.podsOn(slot).values()].some((other) => other.priority < pod.priority && isPreempted(other));
  return leaving ? "a terminating pod on the nominated node" : undefined;
}

function isPreempted({ pod }: PodInfo): boolean {
  if (pod.metadata.deletionTimestamp === undefined) return false;
  return (
    pod.status.conditions?.some(
      ({ type, status, reason }) => type === "DisruptionTarget" && status === "True" && reason === "PreemptionByScheduler",
    ) ?? false
  );
}

/** Which Pods have to leave a node, or why that would not help. */
function victimsOn(slot: number, pod: PodInfo, snapshot: Snapshot, { filters }: FilterFailure): Candidate | Rejection {
  const lesser = [...snapshot.podsOn(slot).values()].filter(({ priority }) => priority < pod.priority).sort(byImportance);
  if (lesser.length === 0) return noVictims;
  const also = snapshot.nominations.on(snapshot.nameOf(slot), pod);
  const objection = (without: readonly PodInfo[]): Rejection | undefined =>
    snapshot.supposing(slot, { without, also }, () => {
      for (const filter of filters) if (!filter.passes(slot)) return filter.rejection(slot);
      return undefined;
    });
  const never = objection(lesser);
  if (never !== undefined) return never;
  const broken = snapshot.budgets.brokenBy(lesser.map((each) => each.pod));
  const isBroken = (each: PodInfo): boolean => broken.has(each.pod);
  // First those may stay that no budget lets go, then the most important.
  let victims: readonly PodInfo[] = lesser;
  for (const spared of [...lesser.filter(isBroken), ...lesser.filter((each) => !isBroken(each))]) {
    const fewer = victims.filter((victim) => victim !== spared);
    if (objection(fewer) === undefined) victims = fewer;
  }
  return { slot, victims, broken: victims.filter(isBroken).length };
}

/** The higher priority first, then who has run longer. */
function byImportance(a: PodInfo, b: PodInfo): number {
  return b.priority - a.priority || startOf(a) - startOf(b) || (a.key < b.key ? -1 : 1);
}

function startOf({ pod: { status } }: PodInfo): number {
  return (status.startTime === undefined ? undefined : parseTime(status.startTime)) ?? Number.MAX_SAFE_INTEGER;
}

/** Each rule decides only where those before it leave a tie, as upstream. */
function isBetter(a: Candidate, b: Candidate): boolean {
  for (const rule of rules) {
    const difference = rule(a) - rule(b);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

const rules: readonly ((candidate: Candidate) => number)[] = [
  ({ broken }) => broken,
  ({ victims }) => victims[0]?.priority ?? Number.MIN_SAFE_INTEGER,
  // Shifted, so that more victims never count for less when priorities are negative.
  ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
  ({ victims }) => victims.length,
  // The later the most important victims started, the less is lost.
  ({ victims }) => -Math.min(...victims.filter(({ priority }) => priority === victims[0]!.priority).map(startOf)),
];
