import type { AdmissionAttributes } from "../../contracts.ts";

/** What an AdmissionRequest says of a request beside the objects: the variable `request` of expressions, and what webhooks are sent. */
export function requestOf(
  attributes: AdmissionAttributes,
  requested: AdmissionAttributes["kind"] = attributes.kind,
): Readonly<Record<string, unknown>> {
  const { kind, subresource, name, namespace, operation, user, dryRun, options } = attributes;
  const { group, version, resource } = kind;
  const ofResource = (each: AdmissionAttributes["kind"]): object => ({ group: each.group, version: each.version, resource: each.resource });
  const object = shownObject(attributes);
  // The body of a subresource is of a kind of its own.
  const body = bodyKind(object) ?? bodyKind(attributes.previous);
  const ofKind = body === undefined || isOfVersion(body, kind) ? { group, version, kind: kind.kind } : body;
  const askedFor = ofKind === body ? body : { group: requested.group, version: requested.version, kind: requested.kind };
  return {
    kind: ofKind,
    resource: { group, version, resource },
    ...(subresource === "" ? {} : { subResource: subresource, requestSubResource: subresource }),
    requestKind: askedFor,
    requestResource: ofResource(requested),
    ...(name === "" ? {} : { name }),
    ...(namespace === "" ? {} : { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: user.groups,
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
    dryRun,
    options: operation === "CONNECT" ? null : { kind: optionsKinds[operation], apiVersion: "meta.k8s.io/v1", ...options },
  };
}

const optionsKinds = { CREATE: "CreateOptions", UPDATE: "UpdateOptions", DELETE: "DeleteOptions" } as const;

/** What is shown as the object: of a connection, its options. */
export function shownObject({ operation, object, options }: AdmissionAttributes): unknown {
  return operation === "CONNECT" ? options : object;
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

function bodyKind(object: unknown): GroupVersionKind | undefined {
  if (typeof object !== "object" || object === null || !("kind" in object) || !("apiVersion" in object)) return undefined;
  const { kind, apiVersion } = object;
  if (typeof kind !== "string" || typeof apiVersion !== "string" || kind === "") return undefined;
  const slash = apiVersion.indexOf("/");
  return { group: slash < 0 ? "" : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), kind };
}

function isOfVersion(body: GroupVersionKind, { group, kind }: AdmissionAttributes["kind"]): boolean {
  return body.group === group && body.kind === kind;
}
