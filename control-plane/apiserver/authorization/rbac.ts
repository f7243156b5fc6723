import {
  ClusterRoleBindingKind,
  ClusterRoleKind,
  type ClusterRoleBinding,
  RoleBindingKind,
  RoleKind,
  type RoleBinding,
  type RoleRef,
  type Subject,
} from "@kubets/api";
import { type Kind, type KubernetesObject, serviceAccountUserName, type UserInfo } from "@kubets/machinery";
import type { Authorizer, ObjectReader, Verdict } from "../contracts.ts";
import { cachedIndex, type IndexSource } from "./cached-index.ts";
import { type Rule, ruleAllows } from "./policy-rules.ts";

/** What a user may do in a namespace (`""`: cluster-wide only), as rules; and which bindings lead nowhere. */
export interface ResolvedRules {
  readonly rules: readonly Rule[];
  readonly errors: readonly string[];
}

export interface RoleBasedAccessControl extends Authorizer {
  rulesFor(user: UserInfo, namespace: string): Promise<ResolvedRules>;
  /** The rules of a role that a binding in `namespace` (`""`: a cluster role binding) refers to; `undefined` when it isn't there. */
  rulesOf(roleRef: RoleRef, namespace: string): Promise<readonly Rule[] | undefined>;
}

type Binding = ClusterRoleBinding | RoleBinding;
/** A binding, and the one of its subjects under which it was found. */
interface Grant {
  readonly binding: Binding;
  readonly subject: Subject;
  /** What is answered to whom it allows something: put into words once. */
  verdict?: Verdict;
}
/** Bindings by the name of a user and by the name of a group. */
interface Grants {
  readonly ofUser: ReadonlyMap<string, readonly Grant[]>;
  readonly ofGroup: ReadonlyMap<string, readonly Grant[]>;
}

/**
 * Role-based access control: what roles allow and bindings grant, read from the server's own caches at every decision.
 *
 * Never denies: what no rule allows, it has no opinion on.
 */
export function rbac({ reader }: { readonly reader: ObjectReader }): RoleBasedAccessControl {
  const clusterGrants = cachedIndex(sourceOf(reader, ClusterRoleBindingKind, ""), (bindings) => indexGrants(bindings, ""));
  const namespaceGrants = new Map<string, () => Grants>();

  let loaded: Promise<unknown> | undefined;
  const ready = (): Promise<unknown> =>
    (loaded ??= Promise.all([
      reader.ready(RoleKind),
      reader.ready(ClusterRoleKind),
      reader.ready(RoleBindingKind),
      reader.ready(ClusterRoleBindingKind),
    ]));

  const grantsIn = (namespace: string): Grants => {
    let grants = namespaceGrants.get(namespace);
    if (grants === undefined) {
      // Requests name namespaces that don't exist, too; those must not pile up.
      if (namespaceGrants.size >= mostNamespaces) namespaceGrants.clear();
      grants = cachedIndex(sourceOf(reader, RoleBindingKind, namespace), (bindings) => indexGrants(bindings, namespace));
      namespaceGrants.set(namespace, grants);
    }
    return grants();
  };

  function* grantsFor(user: UserInfo, namespace: string): Iterable<Grant> {
    yield* pick(clusterGrants(), user);
    if (namespace !== "") yield* pick(grantsIn(namespace), user);
  }

  const rulesOf = (roleRef: RoleRef, namespace: string): readonly Rule[] | undefined => {
    const role = roleRef.kind === "Role" ? reader.get(RoleKind, namespace, roleRef.name) : reader.get(ClusterRoleKind, "", roleRef.name);
    return role === undefined ? undefined : (role.rules ?? []);
  };

  return {
    name: "RBAC",
    async authorize(attributes) {
      await ready();
      const missing = new Set<string>();
      for (const grant of grantsFor(attributes.user, attributes.resource?.namespace ?? "")) {
        const { binding, subject } = grant;
        const rules = rulesOf(binding.roleRef, binding.metadata.namespace ?? "");
        if (rules === undefined) missing.add(describeMissing(binding.roleRef));
        else if (rules.some((rule) => ruleAllows(rule, attributes))) {
          return (grant.verdict ??= { decision: "allow", reason: `RBAC: allowed by ${describeGrant(binding, subject)}` });
        }
      }
      return { decision: "no opinion", reason: missing.size === 0 ? "" : `RBAC: ${aggregate([...missing])}` };
    },
    async rulesFor(user, namespace) {
      await ready();
      const rules: Rule[] = [];
      const errors = new Set<string>();
      for (const { binding } of grantsFor(user, namespace)) {
        const granted = rulesOf(binding.roleRef, binding.metadata.namespace ?? "");
        if (granted === undefined) errors.add(describeMissing(binding.roleRef));
        else rules.push(...granted);
      }
      return { rules, errors: [...errors] };
    },
    async rulesOf(roleRef, namespace) {
      await ready();
      return rulesOf(roleRef, namespace);
    },
  };
}

const mostNamespaces = 10_000;

function sourceOf<T extends KubernetesObject>(reader: ObjectReader, kind: Kind<T>, namespace: string): IndexSource<T> {
  return {
    read: () => reader.list(kind, namespace),
    ...(reader.lastChange === undefined ? {} : { lastChange: () => reader.lastChange?.(kind) ?? 0 }),
  };
}

function indexGrants(bindings: readonly Binding[], namespace: string): Grants {
  const ofUser = new Map<string, Grant[]>();
  const ofGroup = new Map<string, Grant[]>();
  for (const binding of bindings) {
    for (const subject of binding.subjects ?? []) {
      switch (subject.kind) {
        case "User":
          append(ofUser, subject.name, { binding, subject });
          break;
        case "Group":
          append(ofGroup, subject.name, { binding, subject });
          break;
        case "ServiceAccount": {
          // Within a namespace, an account without one is one of that namespace.
          const accountNamespace = subject.namespace || namespace;
          if (accountNamespace !== "")
            append(ofUser, serviceAccountUserName({ namespace: accountNamespace, name: subject.name }), { binding, subject });
        }
      }
    }
  }
  return { ofUser, ofGroup };
}

function append(map: Map<string, Grant[]>, key: string, grant: Grant): void {
  const grants = map.get(key);
  if (grants === undefined) map.set(key, [grant]);
  else grants.push(grant);
}

function* pick({ ofUser, ofGroup }: Grants, user: UserInfo): Iterable<Grant> {
  yield* ofUser.get(user.name) ?? [];
  for (const group of user.groups) yield* ofGroup.get(group) ?? [];
}

// The texts of reasons are upstream's: audit logs and `auth can-i` show them.

function describeGrant(binding: Binding, subject: Subject): string {
  const { name, namespace } = binding.metadata;
  const which = namespace === undefined ? `ClusterRoleBinding ${quoted(name)}` : `RoleBinding ${quoted(`${name}/${namespace}`)}`;
  const role = `${binding.roleRef.kind} ${quoted(binding.roleRef.name)}`;
  const who = subject.kind === "ServiceAccount" ? `${subject.name}/${subject.namespace || (namespace ?? "")}` : subject.name;
  return `${which} of ${role} to ${subject.kind} ${quoted(who)}`;
}

function describeMissing({ kind, name }: RoleRef): string {
  return `${kind === "Role" ? "role" : "clusterrole"}.rbac.authorization.k8s.io ${quoted(name)} not found`;
}

function aggregate(errors: readonly string[]): string {
  return errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]`;
}

const quoted = (text: string): string => JSON.stringify(text);
