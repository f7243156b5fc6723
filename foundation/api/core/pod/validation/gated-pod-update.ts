import { type FieldError, invalid, sameJson } from "@kubets/machinery";
import type { NodeSelectorTerm } from "../../shared/node-selector.ts";
import type { PodSpec } from "../pod-spec.ts";

// While a Pod waits behind a gate, where it may go can still be narrowed down, but not widened.

export function validateGatedNodeSelector({ nodeSelector = {} }: PodSpec, field: string, before: PodSpec): readonly FieldError[] {
  const kept = Object.entries(before.nodeSelector ?? {}).every(([key, value]) => nodeSelector[key] === value);
  return kept ? [] : [invalid(field, nodeSelector, "only additions to spec.nodeSelector are allowed (no mutations or deletions)")];
}

export function validateGatedAffinity(spec: PodSpec, field: string, before: PodSpec): readonly FieldError[] {
  const oldTerms = requiredTerms(before);
  const newTerms = requiredTerms(spec);
  if (oldTerms.length === 0) return [];
  const at = `${field}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  if (newTerms.length !== oldTerms.length) {
    return [invalid(at, newTerms, "no additions/deletions to non-empty NodeSelectorTerms list are allowed")];
  }
  return newTerms.flatMap((term, index) => {
    if (isNarrowed(term, oldTerms[index]!)) return [];
    return [invalid(`${at}[${index}]`, term, "only additions are allowed (no mutations or deletions)")];
  });
}

function requiredTerms({ affinity }: PodSpec): readonly NodeSelectorTerm[] {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
}

/** An empty term matches no node: anything added to it would widen it. */
function isNarrowed(term: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const { matchExpressions = [], matchFields = [] } = before;
  if (matchExpressions.length + matchFields.length === 0) {
    return (term.matchExpressions ?? []).length + (term.matchFields ?? []).length === 0;
  }
  return (
    sameJson((term.matchExpressions ?? []).slice(0, matchExpressions.length), matchExpressions) &&
    sameJson((term.matchFields ?? []).slice(0, matchFields.length), matchFields)
  );
}
