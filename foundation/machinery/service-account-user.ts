import type { UserInfo } from "./handler.ts";

const prefix = "system:serviceaccount:";
/** The group of all service accounts; those of a namespace have one more, with its name behind a colon. */
const group = "system:serviceaccounts";

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** `system:serviceaccount:NAMESPACE:NAME`. */
export function serviceAccountUserName({ namespace, name }: ServiceAccountName): string {
  return `${prefix}${namespace}:${name}`;
}

/** The groups of a service account's user, besides `system:authenticated`. */
export function serviceAccountGroups(namespace: string): readonly string[] {
  return [group, `${group}:${namespace}`];
}

/** The user that a service account is. */
export function serviceAccountUser(account: ServiceAccountName): UserInfo {
  return { name: serviceAccountUserName(account), groups: serviceAccountGroups(account.namespace) };
}

/** The account behind a user name; `undefined` when it isn't one of a service account. */
export function parseServiceAccountUserName(userName: string): ServiceAccountName | undefined {
  if (!userName.startsWith(prefix)) return undefined;
  const [namespace = "", name = "", ...more] = userName.slice(prefix.length).split(":");
  return namespace === "" || name === "" || more.length > 0 ? undefined : { namespace, name };
}
