import { type FieldError, invalid, required } from "@kubets/machinery";
import type { CustomResourceDefinition } from "./custom-resource-definition.ts";

const annotation = "api-approved.kubernetes.io";
const seeAlso = "see https://github.com/kubernetes/enhancements/pull/1111";

/** Groups below `k8s.io` and `kubernetes.io` are the community's: what is in them must have been reviewed. */
export function isProtectedGroup(group: string): boolean {
  return group === "k8s.io" || group === "kubernetes.io" || group.endsWith(".k8s.io") || group.endsWith(".kubernetes.io");
}

export type Approval = "Invalid" | "Approved" | "Bypassed" | "Missing";

/** Whether the API of a protected group was approved, and what is said of it. */
export function approvalOf({ metadata }: CustomResourceDefinition): { readonly state: Approval; readonly reason: string } {
  const given = metadata.annotations?.[annotation] ?? "";
  const protectedGroups = `protected groups must have approval annotation ${JSON.stringify(annotation)}`;
  if (given === "") return { state: "Missing", reason: `${protectedGroups}, ${seeAlso}` };
  if (given.startsWith("unapproved")) return { state: "Bypassed", reason: `not approved: ${JSON.stringify(given)}` };
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/\s]+/.test(given)) return { state: "Approved", reason: `approved in ${given}` };
  return { state: "Invalid", reason: `${protectedGroups} with either a URL or a reason starting with "unapproved", ${seeAlso}` };
}

/** What is wrong with the approval; what was so before may stay so. */
export function validateApproval(definition: CustomResourceDefinition, previous?: CustomResourceDefinition): readonly FieldError[] {
  if (!isProtectedGroup(definition.spec.group)) return [];
  const { state, reason } = approvalOf(definition);
  if (previous !== undefined && approvalOf(previous).state === state) return [];
  const field = `metadata.annotations[${annotation}]`;
  switch (state) {
    case "Invalid":
      return [invalid(field, definition.metadata.annotations?.[annotation] ?? "", reason)];
    case "Missing":
      return [required(field, reason)];
    case "Approved":
    case "Bypassed":
      return [];
  }
}
