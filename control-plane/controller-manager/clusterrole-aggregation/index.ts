import { aggregatedRules, type ClusterRole, ClusterRoleKind } from "@kubets/api";
import { type Controller, type Decision, nothing, update, watch } from "@kubets/client";
import { sameJson } from "@kubets/machinery";

export interface Observed {
  readonly role: ClusterRole;
  readonly roles: readonly ClusterRole[];
}

/** Gathers into a ClusterRole with an `aggregationRule` the rules of the ClusterRoles that it selects. */
export const clusterRoleAggregationController: Controller<Observed> = {
  name: "clusterrole-aggregation",
  watches: [
    watch(ClusterRoleKind, {
      // Any role may be gathered by any that gathers.
      keys: (_role, caches) =>
        caches
          .of(ClusterRoleKind)
          .byIndex("gathers", "")
          .map(({ metadata }) => metadata.name),
      indexes: { gathers: ({ aggregationRule }) => (aggregationRule === undefined ? [] : [""]) },
    }),
  ],
  observe(key, caches) {
    const role = caches.of(ClusterRoleKind).get(key);
    return role?.aggregationRule === undefined ? undefined : { role, roles: caches.of(ClusterRoleKind).list() };
  },
  reconcile,
};

export function reconcile({ role, roles }: Observed): Decision {
  const rules = aggregatedRules(role, roles);
  return sameJson(rules, role.rules) ? nothing : { actions: [update(ClusterRoleKind, { ...role, rules })] };
}
