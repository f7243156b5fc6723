import type { Kind } from "@kubets/machinery";

/** Webhook configurations, policies and their bindings are shown to no webhook and no policy: a wrong one could not be taken away. */
export function isAdmissionConfiguration({ group }: Pick<Kind, "group">): boolean {
  return group === "admissionregistration.k8s.io";
}
