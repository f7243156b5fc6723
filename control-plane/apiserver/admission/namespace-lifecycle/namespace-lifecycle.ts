import { NamespaceKind } from "@kubets/api";
import { forbiddenTo, type Kind, notFound } from "@kubets/machinery";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../../contracts.ts";
import { onceReady } from "../once-ready.ts";
import { refusal } from "../refusal.ts";

const immortal: readonly string[] = ["default", "kube-system", "kube-public"];

/** Keeps objects out of namespaces that aren't there or are being deleted, and keeps the namespaces that everything relies on. */
export function namespaceLifecycle({ reader }: { readonly reader: ObjectReader }): AdmissionPlugin {
  const whenReady = onceReady(reader, NamespaceKind);
  return {
    name: "NamespaceLifecycle",
    // Changes nothing, but speaks first: that the namespace is missing says more than that something in it is.
    mutate(attributes) {
      if (!asksForNamespace(attributes)) return attributes.object;
      return whenReady(() => {
        requireNamespace(attributes, reader);
        return attributes.object;
      });
    },
    validate({ operation, kind, subresource, name }) {
      if (operation !== "DELETE" || subresource !== "" || !isNamespace(kind)) return;
      if (immortal.includes(name)) throw forbiddenTo(NamespaceKind, name, "this namespace may not be deleted");
    },
  };
}

function isNamespace({ group, resource }: Kind): boolean {
  return group === NamespaceKind.group && resource === NamespaceKind.resource;
}

function asksForNamespace({ operation, kind, namespace }: AdmissionAttributes): boolean {
  // A review asks about a namespace, it isn't in one.
  if (namespace === "" || isNamespace(kind) || kind.kind === "LocalSubjectAccessReview") return false;
  return operation === "CREATE" || operation === "UPDATE";
}

function requireNamespace(attributes: AdmissionAttributes, reader: ObjectReader): void {
  const { operation, namespace } = attributes;
  const found = reader.get(NamespaceKind, "", namespace);
  if (found === undefined) throw notFound(NamespaceKind, namespace);
  if (operation !== "CREATE") return;
  if (found.metadata.deletionTimestamp === undefined && found.status.phase !== "Terminating") return;
  throw refusal(attributes, `unable to create new content in namespace ${namespace} because it is being terminated`, [
    { reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated`, field: "metadata.namespace" },
  ]);
}
