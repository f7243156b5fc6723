import { forbiddenTo, badRequest, type Headers, parseServiceAccountUserName, serviceAccountGroups, type UserInfo } from "@kubets/machinery";
import type { AuthorizationAttributes, Authorizer } from "../contracts.ts";

const extraPrefix = "impersonate-extra-";

/**
 * Whom the request is to be made as: the user of the `Impersonate-*` headers, each part of which `user` must be allowed to
 * impersonate; `user` itself without such headers.
 */
export async function impersonate(headers: Headers, user: UserInfo, authorizer: Authorizer): Promise<UserInfo> {
  const name = headers["impersonate-user"];
  const groups = splitValues(headers["impersonate-group"]);
  const uid = headers["impersonate-uid"];
  const extra = extraOf(headers);
  if (name === undefined) {
    if (groups.length === 0 && uid === undefined && Object.keys(extra).length === 0) return user;
    throw badRequest("requested impersonation without specifying a user name: set the Impersonate-User header");
  }
  const serviceAccount = parseServiceAccountUserName(name);
  if (serviceAccount === undefined) await mustBeAllowed({ resource: "users", name });
  else await mustBeAllowed({ resource: "serviceaccounts", ...serviceAccount });
  for (const group of groups) await mustBeAllowed({ resource: "groups", name: group });
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values)
      await mustBeAllowed({ group: "authentication.k8s.io", resource: "userextras", subresource: key, name: value });
  }
  if (uid !== undefined) await mustBeAllowed({ group: "authentication.k8s.io", resource: "uids", name: uid });
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups: groupsOf(name, groups, serviceAccount?.namespace),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };

  async function mustBeAllowed(part: {
    readonly resource: string;
    readonly name: string;
    readonly group?: string;
    readonly namespace?: string;
    readonly subresource?: string;
  }): Promise<void> {
    const { group = "", namespace = "", subresource = "", resource } = part;
    const attributes: AuthorizationAttributes = {
      user,
      verb: "impersonate",
      resource: { group, version: "v1", namespace, resource, subresource, name: part.name },
      path: "",
    };
    const verdict = await authorizer.authorize(attributes);
    if (verdict.decision === "allow") return;
    const because = `User ${JSON.stringify(user.name)} cannot impersonate resource ${JSON.stringify(subresource === "" ? resource : `${resource}/${subresource}`)}`;
    const where = namespace === "" ? " at the cluster scope" : ` in the namespace ${JSON.stringify(namespace)}`;
    throw forbiddenTo(
      { group, resource },
      part.name,
      `${because} in API group ${JSON.stringify(group)}${where}${verdict.reason === "" ? "" : `: ${verdict.reason}`}`,
    );
  }
}

function groupsOf(name: string, asked: readonly string[], serviceAccountNamespace: string | undefined): readonly string[] {
  if (name === "system:anonymous") return asked.includes("system:unauthenticated") ? asked : [...asked, "system:unauthenticated"];
  const own = serviceAccountNamespace === undefined || asked.length > 0 ? asked : serviceAccountGroups(serviceAccountNamespace);
  return own.includes("system:authenticated") || own.includes("system:unauthenticated") ? own : [...own, "system:authenticated"];
}

// Several headers of one name arrive joined. Group names with ", " in them can't be told apart and don't occur.
function splitValues(joined: string | undefined): readonly string[] {
  return joined === undefined ? [] : joined.split(", ");
}

function extraOf(headers: Headers): Readonly<Record<string, readonly string[]>> {
  const extra: Record<string, readonly string[]> = {};
  for (const name of Object.keys(headers)) {
    if (name.startsWith(extraPrefix)) extra[decodeURIComponent(name.slice(extraPrefix.length))] = splitValues(headers[name]);
  }
  return extra;
}
