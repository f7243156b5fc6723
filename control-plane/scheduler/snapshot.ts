import type { Namespace, Node, Pod } from "@kubets/api";
import type { Lister } from "@kubets/client";
import { type Random, sameJson } from "@kubets/machinery";
import { Column, ResourceColumns, TraitColumn, traits } from "./columns.ts";
import { Topology } from "./domain-counts.ts";
import { Journal } from "./journal.ts";
import { DisruptionBudgets } from "./disruption-budgets.ts";
import { Nominations } from "./nominations.ts";
import { PodAffinities } from "./pod-affinity.ts";
import { PodCounts } from "./pod-counts.ts";
import { type PodInfo, sameUsage } from "./pod-info.ts";
import { RecentlyUsed } from "./recently-used.ts";
import { capacityOf } from "./resources.ts";
import { SpreadSelectors } from "./spread-selectors.ts";
import { VolumeState } from "./volumes/volume-state.ts";

/**
 * The nodes as the scheduler sees them, in columns: what each has to give, and what the Pods on it take, those that it has only just been
 * given included. It follows the informers change by change, so a cycle costs what changed and not how much there is.
 *
 * A node has a slot for as long as it, or a Pod on it, is known.
 */
export class Snapshot {
  /** Number of nodes. */
  size = 0;
  /** Every slot is below. */
  slots = 0;
  readonly allocatable: ResourceColumns = new ResourceColumns();
  readonly requested: ResourceColumns = new ResourceColumns();
  /** Processors and memory that the Pods take when those that ask for nothing count for something. */
  readonly assumedRequested: { readonly cpu: Column; readonly memory: Column } = { cpu: new Column(), memory: new Column() };
  readonly traits: TraitColumn = new TraitColumn();
  /** Orders nodes of equal score: from 0, below 1. Drawn anew whenever the node changes. */
  readonly tieBreak: Column = new Column();
  /** Another number whenever the Node in a slot has changed. */
  readonly generation: Column = new Column();
  /** Grows whenever a Node changes, comes or goes. */
  generations = 0;
  readonly journal: Journal = new Journal();
  readonly nominations: Nominations = new Nominations();
  /** Claims and volumes, and which of them are promised to Pods that are being bound. */
  readonly volumes: VolumeState = new VolumeState();
  readonly budgets: DisruptionBudgets = new DisruptionBudgets();
  readonly spreading: SpreadSelectors = new SpreadSelectors();
  /** Grows when a node comes or goes, or the images on one change. */
  imagesGeneration = 0;
  /** Grows when a node comes or goes, or its labels or taints change. */
  topologyEpoch = 0;
  readonly affinities: PodAffinities = new PodAffinities((namespace) => this.namespaceLabels(namespace));
  readonly counts: PodCounts = new PodCounts((visit) => this.#eachPod(visit));

  readonly #random: Random;
  readonly #nodes: (Node | undefined)[] = [];
  readonly #names: string[] = [];
  readonly #pods: Map<string, PodInfo>[] = [];
  readonly #slotByName = new Map<string, number>();
  readonly #slotByPod = new Map<string, number>();
  #namespaces: Pick<Lister<Namespace>, "get"> | undefined;
  readonly #topologies = new RecentlyUsed<Topology>(() => 100);
  readonly #free: number[] = [];
  readonly #nodesByImage = new Map<string, number>();
  #nodeSlots: Int32Array | undefined;
  #capacity = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The Node in a slot; `undefined` when there is none, or only Pods of a node that isn't known. */
  node(slot: number): Node | undefined {
    return this.#nodes[slot];
  }

  nameOf(slot: number): string {
    return this.#names[slot]!;
  }

  /** The slot of a node that is known. */
  slotOf(name: string): number | undefined {
    const slot = this.#slotByName.get(name);
    return slot === undefined || this.#nodes[slot] === undefined ? undefined : slot;
  }

  /** The slots of all nodes, in no particular order: the same array, only to be read, until a node comes or goes. */
  nodeSlots(): Int32Array {
    if (this.#nodeSlots !== undefined) return this.#nodeSlots;
    const slots = new Int32Array(this.size);
    let count = 0;
    for (let slot = 0; slot < this.slots; slot++) if (this.#nodes[slot] !== undefined) slots[count++] = slot;
    this.#nodeSlots = slots;
    return slots;
  }

  /** The domains that nodes are in by a label. */
  topology(key: string): Topology {
    return this.#topologies.get(key) ?? this.#topologies.put(key, new Topology(this, key));
  }

  podsOn(slot: number): ReadonlyMap<string, PodInfo> {
    return this.#pods[slot]!;
  }

  /** How many Pods are on nodes, or about to be. */
  get pods(): number {
    return this.#slotByPod.size;
  }

  /** A Pod that is on a node, or is about to be bound to one. */
  pod(key: string): PodInfo | undefined {
    const slot = this.#slotByPod.get(key);
    return slot === undefined ? undefined : this.#pods[slot]!.get(key);
  }

  /** On how many nodes an image is. */
  nodesWithImage(name: string): number {
    return this.#nodesByImage.get(name) ?? 0;
  }

  setNode(node: Node): void {
    const slot = this.#slotFor(node.metadata.name);
    const previous = this.#nodes[slot];
    this.#nodes[slot] = node;
    if (previous !== undefined && sameForScheduling(previous, node)) return;
    if (previous === undefined || !sameDomains(previous, node)) this.topologyEpoch++;
    if (previous === undefined) {
      this.size++;
      this.#nodeSlots = undefined;
    }
    this.#countImages(previous, node);
    this.#setAllocatable(slot, node);
    this.traits.set(slot, traitsOf(node));
    this.#nodeChanged(slot);
  }

  removeNode(name: string): void {
    const slot = this.slotOf(name);
    if (slot === undefined) return;
    this.#countImages(this.#nodes[slot], undefined);
    this.#nodes[slot] = undefined;
    this.size--;
    this.topologyEpoch++;
    this.#nodeSlots = undefined;
    this.#nodeChanged(slot);
    this.#release(slot);
  }

  /** Puts a Pod on a node, which need not be known yet; takes it off the one it was on. */
  setPod(pod: PodInfo, nodeName: string): void {
    const before = this.#slotByPod.get(pod.key);
    if (before !== undefined) {
      const pods = this.#pods[before]!;
      if (this.#names[before] === nodeName && sameUsage(pods.get(pod.key)!, pod)) {
        const previous = pods.get(pod.key)!;
        pods.set(pod.key, pod);
        // The usual case, a status update or the confirmation of a binding: nothing that anyone remembers has changed.
        if (countsAlike(previous.pod, pod.pod)) return;
        for (const [each, change] of [
          [previous, -1],
          [pod, 1],
        ] as const) {
          this.counts.count(before, each, change);
          this.affinities.note(each, change);
        }
        this.#changed(before);
        return;
      }
      this.removePod(pod.key);
    }
    const slot = this.#slotFor(nodeName);
    this.#pods[slot]!.set(pod.key, pod);
    this.#slotByPod.set(pod.key, slot);
    this.affinities.note(pod, 1);
    this.#count(slot, pod, 1);
    this.#changed(slot);
  }

  removePod(key: string): void {
    const slot = this.#slotByPod.get(key);
    if (slot === undefined) return;
    const pod = this.#pods[slot]!.get(key)!;
    this.#slotByPod.delete(key);
    this.affinities.note(pod, -1);
    this.#pods[slot]!.delete(key);
    this.#count(slot, pod, -1);
    this.#changed(slot);
    this.#release(slot);
  }

  /** Until then namespaces have no labels. */
  followNamespaces(namespaces: Pick<Lister<Namespace>, "get">): void {
    this.#namespaces = namespaces;
  }

  namespaceLabels(name: string): Readonly<Record<string, string>> {
    return this.#namespaces?.get(name)?.metadata.labels ?? {};
  }

  /** Asks a question about a node as if some of its Pods were gone, and others there. Everything is as before afterwards. */
  supposing<Answer>(
    slot: number,
    { without, also }: { readonly without: readonly PodInfo[]; readonly also: readonly PodInfo[] },
    ask: () => Answer,
  ): Answer {
    const pods = this.#pods[slot]!;
    const move = (moved: readonly PodInfo[], sign: 1 | -1): void => {
      for (const pod of moved) {
        if (sign === 1) pods.set(pod.key, pod);
        else pods.delete(pod.key);
        this.#count(slot, pod, sign);
      }
    };
    move(without, -1);
    move(also, 1);
    try {
      return ask();
    } finally {
      move(also, -1);
      move(without, 1);
    }
  }

  #eachPod(visit: (slot: number, pod: PodInfo) => void): void {
    for (let slot = 0; slot < this.slots; slot++) for (const pod of this.#pods[slot]!.values()) visit(slot, pod);
  }

  #slotFor(name: string): number {
    const known = this.#slotByName.get(name);
    if (known !== undefined) return known;
    const slot = this.#free.pop() ?? this.slots++;
    if (slot >= this.#capacity) this.#grow();
    this.#names[slot] = name;
    this.#nodes[slot] = undefined;
    this.#pods[slot] = new Map();
    this.#slotByName.set(name, slot);
    return slot;
  }

  #release(slot: number): void {
    if (this.#nodes[slot] !== undefined || this.#pods[slot]!.size > 0) return;
    this.#slotByName.delete(this.#names[slot]!);
    this.#free.push(slot);
  }

  #nodeChanged(slot: number): void {
    this.generation.values[slot] = ++this.generations;
    this.#changed(slot);
  }

  #changed(slot: number): void {
    this.tieBreak.values[slot] = this.#random.fraction();
    this.journal.record(slot);
  }

  #setAllocatable(slot: number, node: Node): void {
    const { allocatable } = this;
    const capacity = capacityOf(node.status.allocatable);
    allocatable.cpu.values[slot] = capacity.cpu;
    allocatable.memory.values[slot] = capacity.memory;
    allocatable.ephemeralStorage.values[slot] = capacity.ephemeralStorage;
    allocatable.pods.values[slot] = capacity.pods;
    for (const column of allocatable.scalars) column.values[slot] = 0;
    for (const [name, amount] of capacity.scalars) allocatable.of(name).values[slot] = amount;
  }

  #count(slot: number, pod: PodInfo, sign: 1 | -1): void {
    const { requested, assumedRequested } = this;
    const { requests, assumedRequests } = pod;
    this.counts.count(slot, pod, sign);
    requested.cpu.values[slot]! += sign * requests.cpu;
    requested.memory.values[slot]! += sign * requests.memory;
    requested.ephemeralStorage.values[slot]! += sign * requests.ephemeralStorage;
    requested.pods.values[slot]! += sign;
    assumedRequested.cpu.values[slot]! += sign * assumedRequests.cpu;
    assumedRequested.memory.values[slot]! += sign * assumedRequests.memory;
    for (const [name, amount] of requests.scalars) requested.of(name).values[slot]! += sign * amount;
  }

  #countImages(previous: Node | undefined, next: Node | undefined): void {
    if (previous !== undefined && next !== undefined && sameJson(previous.status.images, next.status.images)) return;
    const counts = this.#nodesByImage;
    for (const name of imageNames(next)) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const name of imageNames(previous)) {
      const left = counts.get(name)! - 1;
      if (left === 0) counts.delete(name);
      else counts.set(name, left);
    }
    this.imagesGeneration++;
  }

  #grow(): void {
    this.#capacity = Math.max(64, this.#capacity * 2);
    const { allocatable, requested, assumedRequested, tieBreak, generation } = this;
    const columns = [allocatable, requested, assumedRequested.cpu, assumedRequested.memory, tieBreak, generation, this.traits];
    for (const column of columns) column.grow(this.#capacity);
    this.counts.grow(this.#capacity);
    this.journal.reserve(this.#capacity);
  }
}

function traitsOf({ spec: { unschedulable, taints = [] }, status: { images = [] } }: Node): number {
  return (
    (unschedulable === true ? traits.cordoned : 0) |
    (taints.some(({ effect }) => effect !== "PreferNoSchedule") ? traits.repels : 0) |
    (taints.some(({ effect }) => effect === "PreferNoSchedule") ? traits.discourages : 0) |
    (images.length > 0 ? traits.hasImages : 0)
  );
}

function imageNames(node: Node | undefined): readonly string[] {
  return (node?.status.images ?? []).flatMap(({ names = [] }) => names);
}

/** Whether nothing changed of a Node by which its domains are told, or which domains are counted. */
function sameDomains(a: Node, b: Node): boolean {
  return sameJson(a.metadata.labels, b.metadata.labels) && sameJson(a.spec.taints, b.spec.taints);
}

/** Whether two states of a Pod are the same to whoever counts Pods. */
function countsAlike(a: Pod, b: Pod): boolean {
  return (
    (a.metadata.deletionTimestamp === undefined) === (b.metadata.deletionTimestamp === undefined) &&
    sameJson(a.metadata.labels, b.metadata.labels) &&
    sameJson(a.spec.affinity, b.spec.affinity)
  );
}

/** Whether nothing changed that decides where Pods go: most updates of a Node are heartbeats. */
function sameForScheduling(a: Node, b: Node): boolean {
  return (
    a.metadata.uid === b.metadata.uid &&
    a.spec.unschedulable === b.spec.unschedulable &&
    sameJson(a.metadata.labels, b.metadata.labels) &&
    sameJson(a.spec.taints, b.spec.taints) &&
    sameJson(a.status.allocatable, b.status.allocatable) &&
    sameJson(a.status.images, b.status.images)
  );
}
