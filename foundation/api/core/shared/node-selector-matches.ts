import type { Pod } from "../pod/index.ts";
import type { Node } from "../node.ts";
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from "./node-selector.ts";

/** Whether a Pod may run on a node by its node selector and its required node affinity. */
export function podSelectsNode({ spec }: Pick<Pod, "spec">, node: Node): boolean {
  if (spec.nodeSelector !== undefined && !matchesNodeLabels(spec.nodeSelector, node)) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** Terms are alternatives; without terms nothing matches. */
export function matchesNodeSelector(selector: NodeSelector, node: Node): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesNodeSelectorTerm(term, node));
}

/** The requirements of a term hold together; a term without any matches nothing. */
export function matchesNodeSelectorTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, { metadata }: Node): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => matchesRequirement(requirement, metadata.labels?.[requirement.key])) &&
    // The only field there is.
    matchFields.every((requirement) => matchesRequirement(requirement, requirement.key === "metadata.name" ? metadata.name : undefined))
  );
}

function matchesNodeLabels(required: Readonly<Record<string, string>>, { metadata }: Node): boolean {
  for (const key in required) if (metadata.labels?.[key] !== required[key]) return false;
  return true;
}

function matchesRequirement({ operator, values = [] }: NodeSelectorRequirement, actual: string | undefined): boolean {
  switch (operator) {
    case "In":
      return actual !== undefined && values.includes(actual);
    case "NotIn":
      return actual === undefined || !values.includes(actual);
    case "Exists":
      return actual !== undefined;
    case "DoesNotExist":
      return actual === undefined;
    case "Gt":
    case "Lt": {
      const [left, right] = [integer(actual), integer(values[0])];
      if (left === undefined || right === undefined) return false;
      return operator === "Gt" ? left > right : left < right;
    }
  }
}

function integer(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? BigInt(text) : undefined;
}
