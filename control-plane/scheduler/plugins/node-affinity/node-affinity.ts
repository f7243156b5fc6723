import { matchesNodeSelector, matchesNodeSelectorTerm, type Node, type NodeSelectorTerm, type Pod, podSelectsNode } from "@kubets/api";
import { type Plugin, type PreFilterVerdict, type Rejection, rejection as rejectionOf, skip } from "../../framework.ts";

const name = "NodeAffinity";
const noMatch = rejectionOf(name, false, "node(s) didn't match Pod's node affinity/selector");
const notEnforced = rejectionOf(name, false, "node(s) didn't match scheduler-enforced node affinity");
const conflict = rejectionOf(name, false, "pod affinity terms conflict");

type Affinity = NonNullable<NonNullable<Pod["spec"]["affinity"]>["nodeAffinity"]>;

export interface NodeAffinityArguments {
  /** Holds for every Pod of the profile, besides its own. */
  readonly addedAffinity?: Affinity;
}

/** Sends a Pod to nodes by their labels: `nodeSelector`, required and preferred node affinity, and what the profile adds to it. */
export function nodeAffinity({ addedAffinity }: NodeAffinityArguments = {}): Plugin {
  const enforced = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const isEnforced = (node: Node): boolean => enforced === undefined || matchesNodeSelector(enforced, node);
  const takes = (pod: Pod, node: Node): boolean => isEnforced(node) && podSelectsNode(pod, node);
  const added = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];

  return {
    name,
    sign({ pod: { spec } }) {
      const { nodeSelector, affinity } = spec;
      if (nodeSelector === undefined && affinity?.nodeAffinity === undefined) return "";
      return JSON.stringify([nodeSelector, affinity?.nodeAffinity]);
    },

    preFilter({ pod }, snapshot): PreFilterVerdict {
      if (enforced === undefined && !selectsNodes(pod)) return skip;
      const only = namedNodes(pod);
      if (only?.size === 0) return { kind: "reject", rejection: conflict };
      const passes = (slot: number): boolean => takes(pod, snapshot.node(slot)!);
      const rejection = (slot: number): Rejection => (isEnforced(snapshot.node(slot)!) ? noMatch : notEnforced);
      return { kind: "filter", filter: { scope: "node", passes, rejection }, ...(only === undefined ? {} : { only }) };
    },

    preScore({ pod }, snapshot) {
      const own = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
      const terms = [...added, ...own].filter(({ weight }) => weight !== 0);
      if (terms.length === 0) return undefined;
      const score = (slot: number): number => {
        const node = snapshot.node(slot)!;
        let sum = 0;
        for (const { weight, preference } of terms) if (matchesNodeSelectorTerm(preference, node)) sum += weight;
        return sum;
      };
      return { scope: "node", score, normalize: "highest" };
    },

    hints: {
      PodUpdated: (_pod, { changed }) => changed.has("other"),
      NodeAdded: ({ pod }, { node }) => takes(pod, node),
      NodeUpdated: ({ pod }, { node, previous, changed }) => changed.has("labels") && takes(pod, node) && !takes(pod, previous),
    },
  };
}

function selectsNodes({ spec }: Pod): boolean {
  return (
    Object.keys(spec.nodeSelector ?? {}).length > 0 ||
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined
  );
}

/**
 * The nodes that a Pod's terms name, when every term names some (as in the Pods of a DaemonSet): the others need not be asked.
 * `undefined` when any node could match.
 */
function namedNodes({ spec }: Pod): ReadonlySet<string> | undefined {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (terms.length === 0) return undefined;
  const names = new Set<string>();
  for (const term of terms) {
    const named = namesIn(term);
    if (named === undefined) return undefined;
    for (const node of named) names.add(node);
  }
  return names;
}

function namesIn({ matchFields = [] }: NodeSelectorTerm): readonly string[] | undefined {
  let names: readonly string[] | undefined;
  for (const { key, operator, values = [] } of matchFields) {
    if (key !== "metadata.name" || operator !== "In") continue;
    names = names === undefined ? values : names.filter((node) => values.includes(node));
  }
  return names;
}
