import {
  ClusterRoleBindingKind,
  ClusterRoleKind,
  type ClusterRole,
  type ClusterRoleBinding,
  RoleBindingKind,
  RoleKind,
  type Role,
  type RoleBinding,
} from "@kubets/api";
import { forbiddenTo, type KubernetesObject, notFound, sameJson } from "@kubets/machinery";
import { systemGroups } from "../authentication/users.ts";
import type { AdmissionAttributes, AdmissionPlugin, Authorizer } from "../contracts.ts";
import { compactRules, describeRule, missingRights, quoteAll } from "./covering.ts";
import type { Rule } from "./policy-rules.ts";
import type { RoleBasedAccessControl } from "./rbac.ts";

/**
 * Nobody gives away rights that they don't hold: neither by writing them into a role, nor by binding a role that has them.
 *
 * Exempt are `system:masters`, and whoever may `escalate` the role, or `bind` the role that is referred to. Runs with admission,
 * where the final object is known.
 */
export function preventEscalation({ rbac, authorizer }: EscalationOptions): AdmissionPlugin {
  return {
    name: "PreventEscalation",
    validate(attributes) {
      const { object, previous, kind, user, subresource } = attributes;
      if (object === undefined || subresource !== "" || kind.group !== RoleKind.group) return;
      if (user.groups.includes(systemGroups.masters) || onlyBookkeepingChanged(object, previous)) return;
      switch (kind.kind) {
        case RoleKind.kind:
          return confirmRole(attributes, object as unknown as Role, previous as unknown as Role | undefined);
        case ClusterRoleKind.kind:
          return confirmRole(attributes, object as unknown as ClusterRole, previous as unknown as ClusterRole | undefined);
        case RoleBindingKind.kind:
        case ClusterRoleBindingKind.kind:
          return confirmBinding(attributes, object as unknown as ClusterRoleBinding | RoleBinding);
      }
    },
  };

  async function confirmRole(
    attributes: AdmissionAttributes,
    role: ClusterRole | Role,
    previous: ClusterRole | Role | undefined,
  ): Promise<void> {
    if (await mayDo(attributes, "escalate", attributes.kind.resource, attributes.name)) return;
    await confirmHeld(attributes, role.rules ?? []);
    const aggregation = "aggregationRule" in role ? role.aggregationRule : undefined;
    const before = previous !== undefined && "aggregationRule" in previous ? previous.aggregationRule : undefined;
    if (aggregation === undefined || (previous !== undefined && sameJson(aggregation, before))) return;
    // What the selectors will gather isn't known yet, so it may be anything.
    const { rules } = await rbac.rulesFor(attributes.user, attributes.namespace);
    if (missingRights(rules, everything).length > 0)
      throw refuse(attributes, "must have cluster-admin privileges to use an aggregationRule");
  }

  async function confirmBinding(attributes: AdmissionAttributes, { roleRef }: ClusterRoleBinding | RoleBinding): Promise<void> {
    const kind = roleRef.kind === "Role" ? RoleKind : ClusterRoleKind;
    if (await mayDo(attributes, "bind", kind.resource, roleRef.name)) return;
    const rules = await rbac.rulesOf(roleRef, attributes.namespace);
    if (rules === undefined) throw notFound(kind, roleRef.name);
    await confirmHeld(attributes, rules);
  }

  async function confirmHeld(attributes: AdmissionAttributes, rules: readonly Rule[]): Promise<void> {
    const held = await rbac.rulesFor(attributes.user, attributes.namespace);
    const missing = missingRights(held.rules, rules);
    if (missing.length === 0) return;
    const { name, groups } = attributes.user;
    const lines = [...new Set(compactRules(missing).map(describeRule))].sort();
    const unresolved = held.errors.length === 0 ? "" : `; resolution errors: [${held.errors.join(" ")}]`;
    throw refuse(
      attributes,
      `user ${JSON.stringify(name)} (groups=${quoteAll(groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join("\n")}${unresolved}`,
    );
  }

  async function mayDo({ user, kind, namespace }: AdmissionAttributes, verb: string, resource: string, name: string): Promise<boolean> {
    const { decision } = await authorizer.authorize({
      user,
      verb,
      path: "",
      resource: { group: kind.group, version: kind.version, namespace, resource, subresource: "", name },
    });
    return decision === "allow";
  }
}

export interface EscalationOptions {
  readonly rbac: RoleBasedAccessControl;
  readonly authorizer: Authorizer;
}

const everything: readonly Rule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

function refuse({ kind, object, name }: AdmissionAttributes, because: string): Error {
  return forbiddenTo(kind, object?.metadata.name ?? name, because);
}

/** The garbage collector may drop owner references and finalizers of roles whose rights it doesn't hold. */
function onlyBookkeepingChanged(object: KubernetesObject, previous: KubernetesObject | undefined): boolean {
  if (previous === undefined) return false;
  const rest = ({ metadata, ...other }: KubernetesObject): unknown => {
    const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _managed, ...kept } = metadata;
    return { ...other, metadata: kept };
  };
  return sameJson(rest(object), rest(previous));
}
