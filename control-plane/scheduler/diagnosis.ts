import type { Rejection } from "./framework.ts";

/** Why no node takes a Pod. */
export interface Diagnosis {
  /** How many nodes there are. */
  readonly nodes: number;
  /** Set when a plugin said no before any node was asked. */
  readonly preFilter?: Rejection;
  /** Each reason with the number of nodes that gave it, in the order of {@link unschedulableMessage}. A node may give several. */
  readonly reasons: readonly CountedReason[];
  /** Plugins that said no: what they wait for could help the Pod. */
  readonly rejectedBy: ReadonlySet<string>;
}

export interface CountedReason {
  readonly plugin: string;
  readonly text: string;
  readonly nodes: number;
  /** Whether taking Pods off these nodes could change it. */
  readonly resolvable: boolean;
  /** Of the first node that gave the reason. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

/** Collects the answers of nodes into a {@link Diagnosis}. */
export class DiagnosisBuilder {
  readonly #nodes: number;
  readonly #rejectedBy = new Set<string>();
  readonly #counts = new Map<string, CountedReason>();

  constructor(nodes: number) {
    this.#nodes = nodes;
  }

  add({ plugin, reasons, resolvable }: Rejection, nodes = 1): void {
    this.#rejectedBy.add(plugin);
    for (const { text, facts } of reasons) {
      const known = this.#counts.get(text);
      if (known !== undefined) this.#counts.set(text, { ...known, nodes: known.nodes + nodes });
      else this.#counts.set(text, { plugin, text, nodes, resolvable, ...(facts === undefined ? {} : { facts }) });
    }
  }

  build(): Diagnosis {
    return { nodes: this.#nodes, reasons: sortedReasons([...this.#counts.values()]), rejectedBy: this.#rejectedBy };
  }
}

/**
 * The sentence of the `PodScheduled` condition and of the `FailedScheduling` event, as upstream builds it: tools match on it.
 *
 * @example
 * unschedulableMessage(diagnosis); // => "0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were unschedulable."
 */
export function unschedulableMessage({ nodes, preFilter, reasons }: Diagnosis, postFilter = ""): string {
  if (nodes === 0) return "no nodes available to schedule pods";
  let message = `0/${nodes} nodes are available:`;
  if (preFilter !== undefined) message += ` ${preFilter.reasons.map(({ text }) => text).join(", ")}.`;
  else if (reasons.length > 0) message += ` ${reasons.map(countedText).join(", ")}.`;
  return postFilter === "" ? message : `${message} ${postFilter}`;
}

function countedText({ nodes, text }: CountedReason): string {
  return `${nodes} ${text}`;
}

// Upstream sorts the texts with their counts in front, so "10 …" comes before "2 …".
function sortedReasons(reasons: CountedReason[]): readonly CountedReason[] {
  return reasons
    .map((reason) => ({ reason, text: countedText(reason) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ reason }) => reason);
}
