import type { UserInfo } from "@kubets/machinery";

/** Groups that the system itself gives. */
export const systemGroups = {
  masters: "system:masters",
  authenticated: "system:authenticated",
  unauthenticated: "system:unauthenticated",
  serviceAccounts: "system:serviceaccounts",
  nodes: "system:nodes",
  monitoring: "system:monitoring",
} as const;

/** Users that are components of the control plane. */
export const systemUsers = {
  anonymous: "system:anonymous",
  apiServer: "system:apiserver",
  scheduler: "system:kube-scheduler",
  controllerManager: "system:kube-controller-manager",
  proxy: "system:kube-proxy",
  dns: "system:kube-dns",
} as const;

/** The API server itself, when it writes what must be there. */
export const apiServerUser: UserInfo = { name: systemUsers.apiServer, groups: [systemGroups.masters, systemGroups.authenticated] };

/** Who showed no credentials at all. */
export const anonymousUser: UserInfo = { name: systemUsers.anonymous, groups: [systemGroups.unauthenticated] };

/** The user as one of all who are known: in `system:authenticated`. */
export function authenticated(user: UserInfo): UserInfo {
  const { groups, name } = user;
  const known = name !== anonymousUser.name && !groups.includes(systemGroups.unauthenticated);
  return known && !groups.includes(systemGroups.authenticated) ? { ...user, groups: [...groups, systemGroups.authenticated] } : user;
}

const nodePrefix = "system:node:";

/** The user of a node's kubelet. */
export function nodeUser(nodeName: string): UserInfo {
  return { name: `${nodePrefix}${nodeName}`, groups: [systemGroups.nodes, systemGroups.authenticated] };
}

/**
 * The node whose kubelet a user is: by its name, and only within `system:nodes`. `undefined` for everybody else; `""` when the name
 * ends where the node's should begin.
 */
export function nodeOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(nodePrefix) || !user.groups.includes(systemGroups.nodes)) return undefined;
  return user.name.slice(nodePrefix.length);
}
