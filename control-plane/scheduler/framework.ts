import type { Client } from "@kubets/client";
import type { Clock, Task } from "@kubets/machinery";
import type { Pod } from "@kubets/api";
import type { ClusterEvent } from "./cluster-events.ts";
import type { Diagnosis } from "./diagnosis.ts";
import type { Normalization } from "./normalization.ts";
import type { PodInfo } from "./pod-info.ts";
import type { QueuedPod } from "./queue.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The extension points of the scheduling framework, in the order in which a Pod passes them: PreEnqueue, QueueSort, PreFilter,
 * Filter, PostFilter (only when no node is left), PreScore, Score, NormalizeScore, Reserve, Permit, PreBind, Bind, PostBind.
 *
 * Everything up to Score is a pure function of the Pod and the snapshot. What PreFilter and PreScore answer is what is asked of
 * every node, so Filter and Score have no place of their own in a plugin: they are the functions that these two make.
 */
export interface Plugin {
  /** As in a KubeSchedulerConfiguration, such as `NodeResourcesFit`. */
  readonly name: string;
  /** Keeps a Pod out of the queue until it changes. */
  readonly preEnqueue?: (pod: Pod) => Verdict;
  /** Negative when `a` goes first. Exactly one plugin of a profile sorts. */
  readonly queueSort?: (a: QueuedPod, b: QueuedPod) => number;
  /**
   * What {@link preFilter} and {@link preScore} read of a Pod, as one line of text: `""` when the Pod says nothing to the plugin. Pods whose
   * signatures are equal get the same answers from the same nodes; if those of all plugins of a profile are, they are one class. Absent when
   * the plugin reads nothing of any Pod. `undefined`: what the plugin says of this Pod depends on more than the Pod and the nodes; it is like no other.
   */
  readonly sign?: (pod: PodInfo, snapshot: Snapshot) => string | undefined;
  readonly preFilter?: (pod: PodInfo, snapshot: Snapshot) => PreFilterVerdict;
  readonly preScore?: (pod: PodInfo, snapshot: Snapshot) => NodeScorer | undefined;
  /** Makes room for a Pod that fits nowhere, or says why it can't. All plugins are asked until one nominates a node. */
  readonly postFilter?: (pod: PodInfo, snapshot: Snapshot, failure: FilterFailure) => PostFilterVerdict;
  /** Takes what the Pod needs besides the node's own resources; the answered function gives it back. */
  readonly reserve?: (pod: PodInfo, node: string, snapshot: Snapshot) => Rejection | (() => void);
  /** Lets a Pod go to its node, now or later, or turns it away. */
  readonly permit?: (pod: PodInfo, node: string, context: BindingContext) => Promise<Verdict>;
  /** What must be written before the Pod is bound. */
  readonly preBind?: (pod: PodInfo, node: string, context: BindingContext) => Promise<void>;
  /** Binds, or answers `false` to leave it to the next plugin. */
  readonly bind?: (pod: PodInfo, node: string, context: BindingContext) => Promise<boolean>;
  readonly postBind?: (pod: PodInfo, node: string) => void;
  /** Which events could turn this plugin's "no" into a "yes". Without it, any event could. */
  readonly hints?: QueueingHints;
}

/**
 * Queueing hints, by kind of event: whether the event could help a Pod that the plugin rejected; an event of a kind that isn't named
 * can't. A hint errs on the side of `true`: a wrong `false` leaves the Pod waiting.
 */
export type QueueingHints = {
  readonly [Kind in ClusterEvent["kind"]]?: (pod: PodInfo, event: Extract<ClusterEvent, { readonly kind: Kind }>) => boolean;
};

/** A plugin's "no". `undefined` is its "yes". */
export type Verdict = Rejection | undefined;

export interface Rejection {
  readonly plugin: string;
  readonly reasons: readonly Reason[];
  /** Whether taking Pods off the node could change it. Upstream's Unschedulable; `false` is its UnschedulableAndUnresolvable. */
  readonly resolvable: boolean;
}

export interface Reason {
  /** As upstream words it: nodes with the same text are counted together. */
  readonly text: string;
  /** What the text leaves out: which taint, how much of which resource is missing. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

export type PreFilterVerdict =
  /** The plugin has nothing to ask of any node. */
  | { readonly kind: "skip" }
  | { readonly kind: "filter"; readonly filter?: NodeFilter; readonly only?: ReadonlySet<string> }
  /** No node will do. */
  | { readonly kind: "reject"; readonly rejection: Rejection };

export const skip: PreFilterVerdict = { kind: "skip" };

/**
 * What an answer about a node depends on besides the Pod: `node`, the Node object alone; `usage`, also the Pods that are on it; `domain`,
 * also Pods on other nodes. Answers of the first sort are asked for again only when the Node changes, of the second only when it, or what is
 * on it, does. Those of the third may change at any time, but together for whole groups of nodes.
 */
export type Scope = "node" | "usage" | "domain";

/**
 * In which group a node is. Nodes that are together by all {@link Grouping}s of a question have the same answer to it. The group of a
 * node changes only when the Node, or what is on it, does.
 */
export type Grouping = (slot: number) => number;

/** Asked of a node by its slot in the snapshot. */
export interface NodeFilter {
  readonly scope: Scope;
  /** For answers of the scope `domain`. */
  readonly groupings?: readonly Grouping[];
  /** Brings the answers up to date: to be called before any is asked for. Another number when groups or answers changed unforeseen. */
  readonly epoch?: () => number;
  readonly passes: (slot: number) => boolean;
  /** Moves those of the first `count` of `slots` that pass to the front, in their order, and answers how many they are. */
  readonly keep?: (slots: Int32Array, count: number) => number;
  /** Why a slot does not pass. */
  readonly rejection: (slot: number) => Rejection;
}

export const maximumScore = 100;

export interface NodeScorer {
  readonly scope: Scope;
  /** For answers of the scope `domain`. */
  readonly groupings?: readonly Grouping[];
  /** A whole number: 0 to 100 unless it is normalized. */
  readonly score: (slot: number) => number;
  /** The scores of many slots at once. */
  readonly scoreAll?: (slots: Int32Array, into: Float64Array) => void;
  /** How the scores of all nodes that fit become 0 to 100. Without it the scores stay as they are. */
  readonly normalize?: Normalization;
  /** Brings the scores up to date: to be called before any is asked for. Those given before this number changed no longer hold. */
  readonly epoch?: () => number;
}

export interface FilterFailure {
  readonly diagnosis: Diagnosis;
  /** Why one node doesn't fit. */
  readonly verdictOf: (slot: number) => Verdict;
  /** The filters that look at usage, for trying what a node would say without some of its Pods. */
  readonly filters: readonly PluginFilter[];
}

export interface PluginFilter extends NodeFilter {
  readonly plugin: string;
}

export type PostFilterVerdict =
  | { readonly kind: "nominate"; readonly node: string; readonly victims: readonly PodInfo[] }
  /** `nomination`: what becomes of room that is kept for the Pod already. */
  | { readonly kind: "reject"; readonly message: string; readonly nomination: "keep" | "withdraw" };

/** What the plugins of the binding cycle may use. */
export interface BindingContext {
  /** Its writes carry the Pod as their cause. */
  readonly client: Client;
  readonly clock: Clock;
  /** As it is now: it moves on while a plugin waits. */
  readonly snapshot: Snapshot;
  readonly signal: AbortSignal;
  /** The binding itself: a plugin that waits for something that is not its own to finish waits by `task.idle`. */
  readonly task: Task;
}

/** The reasons of one plugin as a rejection of one node. */
export function rejection(plugin: string, resolvable: boolean, ...texts: readonly string[]): Rejection {
  return { plugin, resolvable, reasons: texts.map((text) => ({ text })) };
}

/** A set of plugins under a name that Pods choose by `spec.schedulerName`. */
export interface Profile {
  readonly schedulerName: string;
  /** In the order in which they are asked. */
  readonly plugins: readonly PluginUse[];
}

export interface PluginUse {
  readonly plugin: Plugin;
  /** What its score counts; 1 when absent. */
  readonly weight?: number;
}
