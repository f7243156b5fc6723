import { type Node, NodeKind, type Pod, PodKind, type TokenRequest } from "@kubets/api";
import { groupResourceOf, notFound, sameJson } from "@kubets/machinery";
import { nodeOf } from "../../authentication/users.ts";
import type { AdmissionAttributes, AdmissionPlugin, ObjectReader } from "../../contracts.ts";
import { claimsOf, configMapsOf, secretsOf } from "../pod-references.ts";
import { refusal } from "../refusal.ts";
import { mirrorPodAnnotation } from "../service-account/service-account.ts";
import { forbiddenLabels } from "./node-labels.ts";

/**
 * Confines every kubelet to its own Node, its own Lease and the Pods bound to it: what it writes must not let it steer Pods to
 * itself, or read what they don't bring.
 */
export function nodeRestriction({ reader }: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: "NodeRestriction",
    validate(attributes) {
      const node = nodeOf(attributes.user);
      if (node !== undefined && attributes.operation !== "CONNECT") return restrict(node, attributes, reader);
    },
  };
}

async function restrict(node: string, attributes: AdmissionAttributes, reader: ObjectReader): Promise<void> {
  if (node === "") throw refusal(attributes, `could not determine node from user ${quoted(attributes.user.name)}`);
  switch (groupResourceOf(attributes.kind)) {
    case "pods":
      return restrictPod(node, attributes, reader);
    case "nodes":
      return restrictNode(node, attributes);
    case "persistentvolumeclaims":
      return restrictClaim(node, attributes);
    case "serviceaccounts":
      return restrictToken(node, attributes, reader);
    case "leases.coordination.k8s.io":
      return restrictLease(node, attributes);
    case "csinodes.storage.k8s.io":
      return restrictOwnName(node, attributes, "CSINode");
  }
}

const quoted = (text: string): string => JSON.stringify(text);

async function restrictPod(node: string, attributes: AdmissionAttributes, reader: ObjectReader): Promise<void> {
  const { operation, subresource } = attributes;
  switch (subresource) {
    case "":
      if (operation === "CREATE") return restrictMirrorPod(node, attributes, reader);
      if (operation !== "DELETE") {
        throw refusal(attributes, `unexpected operation ${quoted(operation)}, node ${quoted(node)} can only create and delete mirror pods`);
      }
      if ((await existingPod(attributes, attributes.name, reader)).spec.nodeName !== node) {
        throw refusal(attributes, `node ${quoted(node)} can only delete pods with spec.nodeName set to itself`);
      }
      return;
    case "status":
      return restrictPodStatus(node, attributes);
    case "eviction":
      if (operation !== "CREATE") throw refusal(attributes, `unexpected operation ${operation}`);
      if ((await existingPod(attributes, attributes.name || attributes.object?.metadata.name || "", reader)).spec.nodeName !== node) {
        throw refusal(attributes, `node ${node} can only evict pods with spec.nodeName set to itself`);
      }
      return;
    default:
      throw refusal(attributes, `unexpected pod subresource ${quoted(subresource)}, only 'status' and 'eviction' are allowed`);
  }
}

async function existingPod(
  { namespace, previous }: Pick<AdmissionAttributes, "namespace" | "previous">,
  name: string,
  reader: ObjectReader,
): Promise<Pod> {
  if (previous?.kind === PodKind.kind) return previous as Pod;
  await reader.ready(PodKind);
  const pod = reader.get(PodKind, namespace, name);
  if (pod === undefined) throw notFound(PodKind, name);
  return pod;
}

async function restrictMirrorPod(node: string, attributes: AdmissionAttributes, reader: ObjectReader): Promise<void> {
  const pod = attributes.object as Pod;
  const refuse = (because: string): Error => refusal(attributes, because);
  if (pod.metadata.annotations?.[mirrorPodAnnotation] === undefined) {
    throw refuse(`pod does not have ${quoted(mirrorPodAnnotation)} annotation, node ${quoted(node)} can only create mirror pods`);
  }
  if (pod.spec.nodeName !== node) throw refuse(`node ${quoted(node)} can only create pods with spec.nodeName set to itself`);
  await restrictMirrorOwner(node, attributes, pod, reader);

  if ((pod.spec.serviceAccountName ?? "") !== "") throw refuse(`node ${quoted(node)} can not create pods that reference a service account`);
  if (!secretsOf(pod).next().done) throw refuse(`node ${quoted(node)} can not create pods that reference secrets`);
  if (!configMapsOf(pod).next().done) throw refuse(`node ${quoted(node)} can not create pods that reference configmaps`);
  const sources = (pod.spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? []);
  if (sources.some(({ clusterTrustBundle }) => clusterTrustBundle !== undefined)) {
    throw refuse(`node ${quoted(node)} can not create pods that reference clustertrustbundles`);
  }
  if (!claimsOf(pod).next().done) throw refuse(`node ${quoted(node)} can not create pods that reference persistentvolumeclaims`);
}

/** A mirror belongs to the Node, so that it goes with it. */
async function restrictMirrorOwner(node: string, attributes: AdmissionAttributes, { metadata }: Pod, reader: ObjectReader): Promise<void> {
  const [owner, ...more] = metadata.ownerReferences ?? [];
  if (more.length > 0) throw refusal(attributes, `node ${quoted(node)} can only create pods with a single owner reference set to itself`);
  if (owner === undefined || owner.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node) {
    throw refusal(attributes, `node ${quoted(node)} can only create pods with an owner reference set to itself`);
  }
  if (owner.controller !== true) {
    throw refusal(attributes, `node ${quoted(node)} can only create pods with a controller owner reference set to itself`);
  }
  if (owner.blockOwnerDeletion === true)
    throw refusal(attributes, `node ${quoted(node)} must not set blockOwnerDeletion on an owner reference`);
  await reader.ready(NodeKind);
  const found = reader.get(NodeKind, "", node);
  if (found === undefined) throw notFound(NodeKind, node);
  if (found.metadata.uid !== owner.uid) {
    throw refusal(attributes, `node ${node} UID mismatch: expected ${owner.uid} got ${found.metadata.uid}`);
  }
}

function restrictPodStatus(node: string, attributes: AdmissionAttributes): void {
  if (attributes.operation !== "UPDATE") throw refusal(attributes, `unexpected operation ${quoted(attributes.operation)}`);
  const [pod, previous] = [attributes.object as Pod, attributes.previous as Pod];
  if (previous.spec.nodeName !== node) {
    throw refusal(attributes, `node ${quoted(node)} can only update pod status for pods with spec.nodeName set to itself`);
  }
  if (!sameJson(pod.metadata.labels ?? {}, previous.metadata.labels ?? {})) {
    throw refusal(attributes, `node ${quoted(node)} cannot update labels through pod status`);
  }
  if (!sameJson(pod.status.resourceClaimStatuses ?? [], previous.status.resourceClaimStatuses ?? [])) {
    throw refusal(attributes, `node ${quoted(node)} cannot update resource claim statues`);
  }
}

function restrictNode(node: string, attributes: AdmissionAttributes): void {
  const { operation } = attributes;
  // The name of a create stands in the object.
  const name = attributes.name || attributes.object?.metadata.name || "";
  if (name !== node) throw refusal(attributes, `node ${quoted(node)} is not allowed to modify node ${quoted(name)}`);
  if (operation !== "CREATE" && operation !== "UPDATE") return;
  const [object, previous] = [attributes.object as Node, attributes.previous as Node | undefined];
  const labels = forbiddenLabels(object.metadata.labels ?? {}, previous?.metadata.labels ?? {}).join(", ");
  if (previous === undefined) {
    if (object.spec.configSource !== undefined)
      throw refusal(attributes, `node ${quoted(node)} is not allowed to create pods with a non-nil configSource`);
    if (labels !== "") throw refusal(attributes, `node ${quoted(node)} is not allowed to set the following labels: ${labels}`);
    return;
  }
  if (object.spec.configSource !== undefined && !sameJson(object.spec.configSource, previous.spec.configSource)) {
    throw refusal(attributes, `node ${quoted(node)} is not allowed to update configSource to a new non-nil configSource`);
  }
  if (!sameJson(object.spec.taints ?? [], previous.spec.taints ?? []))
    throw refusal(attributes, `node ${quoted(node)} is not allowed to modify taints`);
  if (labels !== "") throw refusal(attributes, `is not allowed to modify labels: ${labels}`);
}

function restrictClaim(node: string, attributes: AdmissionAttributes): void {
  if (attributes.subresource !== "status") throw refusal(attributes, "may only update PVC status");
  if (attributes.operation !== "UPDATE") throw refusal(attributes, `unexpected operation ${quoted(attributes.operation)}`);
  if (sameJson(withoutCapacity(attributes.object), withoutCapacity(attributes.previous))) return;
  throw refusal(attributes, `node ${quoted(node)} is not allowed to update fields other than status.capacity and status.conditions`);
}

/** A claim without what a kubelet reports of it when it has grown the file system. */
function withoutCapacity(claim: AdmissionAttributes["object"]): unknown {
  if (claim === undefined) return undefined;
  const { resourceVersion: _version, managedFields: _managed, ...metadata } = claim.metadata;
  const status = "status" in claim && typeof claim.status === "object" ? claim.status : {};
  const {
    capacity: _capacity,
    conditions: _conditions,
    allocatedResources: _allocated,
    allocatedResourceStatuses: _statuses,
    ...rest
  } = {
    ...status,
  } as Readonly<Record<string, unknown>>;
  return { ...claim, metadata, status: rest };
}

/** A kubelet gets tokens only for Pods bound to its node, and only such that end with the Pod. */
async function restrictToken(node: string, attributes: AdmissionAttributes, reader: ObjectReader): Promise<void> {
  if (attributes.operation !== "CREATE" || attributes.subresource !== "token") return;
  const bound = (attributes.object as TokenRequest).spec.boundObjectRef;
  if (bound === undefined || bound.apiVersion !== "v1" || bound.kind !== "Pod" || (bound.name ?? "") === "") {
    throw refusal(attributes, "node requested token not bound to a pod");
  }
  if ((bound.uid ?? "") === "") throw refusal(attributes, "node requested token with a pod binding without a uid");
  const pod = await existingPod({ namespace: attributes.namespace }, bound.name ?? "", reader);
  if (pod.metadata.uid !== bound.uid) {
    throw refusal(
      attributes,
      `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (pod.spec.nodeName !== node) throw refusal(attributes, "node requested token bound to a pod scheduled on a different node");
}

function restrictLease(node: string, attributes: AdmissionAttributes): void {
  if (attributes.namespace !== "kube-node-lease") {
    throw refusal(attributes, 'can only access leases in the "kube-node-lease" system namespace');
  }
  restrictOwnName(node, attributes, "node lease");
}

function restrictOwnName(node: string, attributes: AdmissionAttributes, what: string): void {
  const name = attributes.operation === "CREATE" ? attributes.object?.metadata.name : attributes.name;
  if (name !== node) throw refusal(attributes, `can only access ${what} with the same name as the requesting node`);
}
