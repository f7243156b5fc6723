import { StatusError, type UserInfo } from "@kubets/machinery";
import type { AuthorizationAttributes, Authorizer, RequestInfo, ResourceInfo, Verdict } from "../contracts.ts";

/** Throws `Forbidden`, in upstream's words, unless the authorizer allows the request. */
export async function authorize(authorizer: Authorizer, user: UserInfo, info: RequestInfo): Promise<void> {
  const verdict = await authorizer.authorize(attributesOf(user, info));
  if (verdict.decision !== "allow") throw refusal(user, info, verdict);
}

function attributesOf(user: UserInfo, { verb, path, resource, query }: RequestInfo): AuthorizationAttributes {
  if (resource === undefined) return { user, verb, path };
  const { group, version, namespace, resource: plural, subresource, name } = resource;
  const named = { group, version, namespace, resource: plural, subresource, name };
  if (verb !== "list" && verb !== "watch" && verb !== "deletecollection") return { user, verb, path, resource: named };
  const fieldSelector = query.get("fieldSelector");
  const labelSelector = query.get("labelSelector");
  return {
    user,
    verb,
    path,
    resource: named,
    ...(fieldSelector === null ? {} : { fieldSelector }),
    ...(labelSelector === null ? {} : { labelSelector }),
  };
}

function refusal(user: UserInfo, { verb, path, resource }: RequestInfo, { reason }: Verdict): StatusError {
  const because = reason === "" ? "" : `: ${reason}`;
  if (resource === undefined) {
    const message = `forbidden: User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}${because}`;
    return new StatusError(403, "Forbidden", message, { details: {} });
  }
  const { group, resource: plural, name } = resource;
  const qualified = group === "" ? plural : `${plural}.${group}`;
  const quotedName = name === "" ? "" : ` ${JSON.stringify(name)}`;
  const message = `${qualified}${quotedName} is forbidden: User ${JSON.stringify(user.name)} cannot ${verb} ${target(resource)}${because}`;
  return new StatusError(403, "Forbidden", message, {
    details: { ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }), kind: plural },
  });
}

function target({ group, namespace, resource, subresource, name }: ResourceInfo): string {
  const what = subresource === "" ? resource : `${resource}/${subresource}`;
  // A Namespace is asked for by its own name, but lies at the cluster scope only when none is named.
  const where =
    namespace === "" || (resource === "namespaces" && name === "")
      ? "at the cluster scope"
      : `in the namespace ${JSON.stringify(namespace)}`;
  return `resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`;
}
