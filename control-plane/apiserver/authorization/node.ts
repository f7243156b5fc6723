import type { Authorizer, AuthorizationAttributes, ObjectReader, Verdict } from "../contracts.ts";
import { nodeOf } from "../authentication/users.ts";
import { allowed, noOpinion } from "./chain.ts";
import { createNodeRelations, type NodeRelations, type RelatedResource } from "./node-relations.ts";
import { type Rule, ruleAllows } from "./policy-rules.ts";

/**
 * What kubelets may do: read only what belongs to Pods bound to their node, write only what is theirs. `rules` says what every
 * kubelet may do besides.
 *
 * Whether a write is confined to the node's own objects is checked by the admission plugin NodeRestriction, which sees the object.
 */
export function nodeAuthorizer({ reader, rules }: { readonly reader: ObjectReader; readonly rules: readonly Rule[] }): Authorizer {
  const relations = createNodeRelations(reader);
  return {
    name: "Node",
    async authorize(attributes) {
      const node = nodeOf(attributes.user);
      if (node === undefined) return noOpinion;
      if (node === "") return because(`unknown node for user ${JSON.stringify(attributes.user.name)}`);
      const verdict = await decide(node, attributes, relations);
      if (verdict !== undefined) return verdict;
      return rules.some((rule) => ruleAllows(rule, attributes)) ? allowed : noOpinion;
    },
  };
}

type Asked = AuthorizationAttributes & { readonly resource: NonNullable<AuthorizationAttributes["resource"]> };

/** `undefined`: the resource isn't divided by node; the rules of all nodes decide. */
async function decide(node: string, attributes: AuthorizationAttributes, relations: NodeRelations): Promise<Verdict | undefined> {
  const { resource } = attributes;
  if (resource === undefined) return undefined;
  const asked: Asked = { ...attributes, resource };
  switch (resource.group === "" ? resource.resource : `${resource.resource}.${resource.group}`) {
    case "secrets":
      return readRelated(node, "secret", asked, relations);
    case "configmaps":
      return readRelated(node, "configMap", asked, relations);
    case "persistentvolumeclaims":
      if (resource.subresource === "status") return updateStatusOfRelated(node, "persistentVolumeClaim", asked, relations);
      return getRelated(node, "persistentVolumeClaim", asked, relations);
    case "persistentvolumes":
      return getRelated(node, "persistentVolume", asked, relations);
    case "serviceaccounts":
      return createToken(node, asked, relations);
    case "leases.coordination.k8s.io":
      return ownLease(node, asked);
    case "csinodes.storage.k8s.io":
      return ownCSINode(node, asked);
    case "nodes":
      return ownNode(node, asked);
    case "pods":
      return ownPods(node, asked, relations);
    default:
      return undefined;
  }
}

function because(reason: string): Verdict {
  return { decision: "no opinion", reason };
}

async function related(node: string, kind: RelatedResource, { resource }: Asked, relations: NodeRelations): Promise<Verdict> {
  if (resource.name === "") return because("No Object name found");
  const found = await relations.isRelated(node, kind, resource.namespace, resource.name);
  return found ? allowed : because(`no relationship found between node '${node}' and this object`);
}

async function readRelated(node: string, kind: RelatedResource, asked: Asked, relations: NodeRelations): Promise<Verdict> {
  if (!["get", "list", "watch"].includes(asked.verb)) return because("can only read resources of this type");
  if (asked.resource.subresource !== "") return because("cannot read subresource");
  if (asked.resource.namespace === "") return because("can only read namespaced object of this type");
  return related(node, kind, asked, relations);
}

async function getRelated(node: string, kind: RelatedResource, asked: Asked, relations: NodeRelations): Promise<Verdict> {
  if (asked.verb !== "get") return because("can only get individual resources of this type");
  if (asked.resource.subresource !== "") return because("cannot get subresource");
  return related(node, kind, asked, relations);
}

async function updateStatusOfRelated(node: string, kind: RelatedResource, asked: Asked, relations: NodeRelations): Promise<Verdict> {
  if (asked.verb !== "update" && asked.verb !== "patch") return because("can only get/update/patch this type");
  return related(node, kind, asked, relations);
}

async function createToken(node: string, asked: Asked, relations: NodeRelations): Promise<Verdict> {
  const { name, subresource } = asked.resource;
  if (asked.verb !== "create" || name === "") return because("can only create tokens for individual service accounts");
  if (subresource !== "token") return because("can only create token subresource of serviceaccount");
  return related(node, "serviceAccount", asked, relations);
}

const ownObjectVerbs: readonly string[] = ["get", "create", "update", "patch", "delete"];

function ownLease(node: string, { verb, resource }: Asked): Verdict {
  if (!ownObjectVerbs.includes(verb)) return because("can only get, create, update, patch, or delete a node lease");
  if (resource.namespace !== "kube-node-lease") return because('can only access leases in the "kube-node-lease" system namespace');
  // A create names no object in its path; NodeRestriction looks into the body.
  if (verb !== "create" && resource.name !== node) return because("can only access node lease with the same name as the requesting node");
  return allowed;
}

function ownCSINode(node: string, { verb, resource }: Asked): Verdict {
  if (!ownObjectVerbs.includes(verb)) return because("can only get, create, update, patch, or delete a CSINode");
  if (resource.subresource !== "") return because("cannot authorize CSINode subresources");
  if (verb !== "create" && resource.name !== node) return because("can only access CSINode with the same name as the requesting node");
  return allowed;
}

function ownNode(node: string, { verb, resource, fieldSelector }: Asked): Verdict {
  if (resource.subresource === "status") return verb === "update" || verb === "patch" ? allowed : noOpinion;
  if (resource.subresource !== "") return noOpinion;
  switch (verb) {
    case "create":
    case "update":
    case "patch":
      return allowed;
    case "get":
    case "list":
    case "watch": {
      const name = resource.name === "" ? (selected(fieldSelector, "metadata.name") ?? "") : resource.name;
      if (name === node) return allowed;
      if (name === "") return because(`node '${node}' cannot read all nodes, only its own Node object`);
      return because(`node '${node}' cannot read '${name}', only its own Node object`);
    }
    default:
      return noOpinion;
  }
}

async function ownPods(node: string, asked: Asked, relations: NodeRelations): Promise<Verdict> {
  const { verb, resource, fieldSelector } = asked;
  switch (resource.subresource) {
    case "":
      switch (verb) {
        case "get":
          return getRelated(node, "pod", asked, relations);
        case "list":
        case "watch":
          if (selected(fieldSelector, "spec.nodeName") === node) return allowed;
          if (resource.name !== "") return related(node, "pod", asked, relations);
          return because("can only list/watch pods with spec.nodeName field selector");
        case "create":
        case "delete":
          return allowed;
        default:
          return noOpinion;
      }
    case "status":
      return verb === "update" || verb === "patch" ? allowed : noOpinion;
    case "eviction":
      return verb === "create" ? allowed : noOpinion;
    default:
      return noOpinion;
  }
}

/** The value that a field selector demands of a field by `=` or `==`. */
function selected(fieldSelector: string | undefined, field: string): string | undefined {
  for (const term of fieldSelector?.split(",") ?? []) {
    const match = /^([^=!]+)==?([^=]*)$/.exec(term.trim());
    if (match?.[1]?.trim() === field) return match[2]!.trim();
  }
  return undefined;
}
