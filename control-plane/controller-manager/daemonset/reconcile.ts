import { type ControllerRevision, type DaemonSet, DaemonSetKind, type Node, type Pod, PodKind, type PodSpec } from "@kubets/api";
import { type Action, create, type Decision, deletion, event, type ReconcileContext, updateStatus } from "@kubets/client";
import { type Instant, type Kind, sameJson, type StatusError } from "@kubets/machinery";
import { historyOf, isRevisionNameTaken, podRevisionLabel, type Revision, withCollision } from "../history/controller-revisions.ts";
import { claim } from "../ownership/claim.ts";
import { oldestFirst } from "../ownership/oldest-first.ts";
import { podFromTemplate } from "../ownership/pod-from-template.ts";
import { untilAvailable } from "../ownership/pod-times.ts";
import { type DaemonNode, daemonNodesOf } from "./daemon-nodes.ts";
import { replaceableFrom } from "./failures.ts";
import { daemonPodSpec, pinnedTo } from "./placement.ts";
import { rollingStep } from "./rolling-update.ts";
import { statusOf } from "./status.ts";

export interface Observed {
  readonly daemonSet: DaemonSet;
  readonly nodes: readonly Node[];
  /** The Pods that it owns, and the orphans of its namespace. */
  readonly candidates: readonly Pod[];
  /** The ControllerRevisions that it owns, and the orphans of its namespace. */
  readonly revisions: readonly ControllerRevision[];
  /** How many Pods of the present template have failed on the node of a failed Pod. */
  readonly failures: (pod: Pod) => number;
}

/** How many Pods are made or deleted in one go, so that one DaemonSet doesn't hold up the others. */
const burst = 250;

export function reconcile(observed: Observed, now: Instant, context: ReconcileContext): Decision {
  const { daemonSet, nodes } = observed;
  const ownerKind = DaemonSetKind as unknown as Kind;
  const { selector } = daemonSet.spec;
  const { owned, actions: ownership } = claim({
    owner: daemonSet,
    ownerKind,
    selector,
    kind: PodKind as unknown as Kind,
    candidates: observed.candidates,
  });
  const history = historyOf({ owner: daemonSet, ownerKind, hashLabel: podRevisionLabel, candidates: observed.revisions });
  const podSpec = daemonPodSpec(daemonSet);
  const daemonNodes = daemonNodesOf(podSpec, { nodes, pods: owned, hash: history.present.hash });
  const actions: Action[] = [...ownership, ...history.actions];
  const waits: number[] = [];
  if (daemonSet.metadata.deletionTimestamp === undefined) {
    const steps = nextSteps(observed, daemonNodes, now);
    waits.push(...steps.waits);
    for (const node of steps.creations.slice(0, burst))
      actions.push(...creation(daemonSet, pinnedTo(node.name, podSpec), history.present, context));
    for (const pod of steps.deletions.slice(0, burst)) actions.push(...removal(daemonSet, pod));
    actions.push(...steps.events);
    const live = new Set(owned.flatMap(({ metadata }) => metadata.labels?.[podRevisionLabel] ?? []));
    actions.push(...history.forget(new Set(history.all.flatMap(({ name, hash }) => (live.has(hash) ? [name] : [])))));
  }
  const status = statusOf(daemonSet, daemonNodes, now);
  if (!sameJson(status, daemonSet.status)) actions.push(updateStatus(DaemonSetKind, { ...daemonSet, status }));
  const wait = untilAvailable(owned, daemonSet.spec.minReadySeconds ?? 0, now);
  if (wait !== undefined) waits.push(wait);
  return { actions, ...(waits.length === 0 ? {} : { requeueAfter: Math.min(...waits) }) };
}

/** The revision's name was taken by another content; or the server refused a Pod, which an event says. */
export function refused({ daemonSet }: Observed, action: Action, error: StatusError): Decision | undefined {
  if (isRevisionNameTaken(action, error))
    return { actions: [updateStatus(DaemonSetKind, { ...daemonSet, status: withCollision(daemonSet.status) })] };
  if ((action.verb !== "create" && action.verb !== "delete") || action.kind.kind === "ControllerRevision") return undefined;
  const [reason, doing] = action.verb === "create" ? ["FailedCreate", "creating"] : ["FailedDelete", "deleting"];
  return { actions: [event(daemonSet, "Warning", reason, `Error ${doing}: ${error.message}`)] };
}

interface Steps {
  readonly creations: readonly DaemonNode[];
  readonly deletions: readonly Pod[];
  readonly events: readonly Action[];
  /** Milliseconds until a failed Pod may be replaced. */
  readonly waits: readonly number[];
}

function nextSteps({ daemonSet, failures }: Observed, nodes: readonly DaemonNode[], now: Instant): Steps {
  const surges =
    daemonSet.spec.updateStrategy.type === "RollingUpdate" && isSomething(daemonSet.spec.updateStrategy.rollingUpdate?.maxSurge);
  const creations: DaemonNode[] = [];
  const deletions = new Set<Pod>();
  const events: Action[] = [];
  const waits: number[] = [];
  for (const node of nodes) {
    const { placement, fresh, old, ended, leaving } = node;
    if (!placement.mayStay) {
      for (const pod of [...fresh, ...old, ...ended]) deletions.add(pod);
      continue;
    }
    if (placement.shouldRun && fresh.length + old.length + ended.length + leaving.length === 0) creations.push(node);
    for (const pod of surplus(node, surges)) deletions.add(pod);
    for (const pod of ended) {
      const failed = pod.status.phase === "Failed";
      const wait = failed ? replaceableFrom(pod, failures(pod)) - now : 0;
      if (wait > 0) waits.push(wait);
      else {
        deletions.add(pod);
        events.push(endedEvent(daemonSet, pod, node.name, failed));
      }
    }
  }
  if (daemonSet.spec.updateStrategy.type === "RollingUpdate") {
    const step = rollingStep(daemonSet, nodes, now);
    for (const pod of step.deletions) deletions.add(pod);
    creations.push(...step.surges);
  }
  return { creations, deletions: [...deletions], events, waits };
}

/** One Pod is enough for a node, or one of each template while a new one surges: the oldest stays. */
function surplus({ fresh, old }: DaemonNode, surges: boolean): readonly Pod[] {
  if (surges) return [...fresh.slice(1), ...old.slice(1)];
  return [...old, ...fresh].toSorted(oldestFirst).slice(1);
}

function isSomething(value: number | string | undefined): boolean {
  return value !== undefined && value !== 0 && value !== "0%";
}

function creation(daemonSet: DaemonSet, spec: PodSpec, { hash }: Revision, { random }: ReconcileContext): readonly Action[] {
  const { template } = daemonSet.spec;
  const labels = { ...template.metadata.labels, [podRevisionLabel]: hash };
  const pod = podFromTemplate({
    owner: daemonSet,
    ownerKind: DaemonSetKind as unknown as Kind,
    template: { metadata: { ...template.metadata, labels }, spec },
    random,
  });
  return [create(PodKind, pod), event(daemonSet, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`)];
}

function removal(daemonSet: DaemonSet, pod: Pod): readonly Action[] {
  return [deletion(PodKind, pod), event(daemonSet, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`)];
}

function endedEvent(daemonSet: DaemonSet, { metadata }: Pod, node: string, failed: boolean): Action {
  const pod = `${metadata.namespace}/${metadata.name}`;
  return failed
    ? event(daemonSet, "Warning", "FailedDaemonPod", `Found failed daemon pod ${pod} on node ${node}, will try to kill it`)
    : event(daemonSet, "Normal", "SucceededDaemonPod", `Found succeeded daemon pod ${pod} on node ${node}, will try to delete it`);
}
