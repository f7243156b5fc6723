import {
  NodeKind,
  type Pod,
  PodKind,
  SecretKind,
  ServiceAccountKind,
  type TokenRequest,
  TokenRequestKind,
  type TokenRequestSpec,
} from "@kubets/api";
import {
  badRequest,
  conflict,
  type FieldError,
  formatTime,
  type Instant,
  invalid,
  invalidObject,
  type Kind,
  type KubernetesObject,
  notFound,
} from "@kubets/machinery";
import type { ObjectReader, ResourceInfo } from "../contracts.ts";
import type { ServiceAccountTokens } from "./service-account-tokens.ts";
import type { BoundObject } from "./service-account-claims.ts";

/** The lifetime that projected volumes ask for by default. Such tokens live on, so that programs which read them only once don't break. */
const lifetimeWithWarning = 3607;
const extendedLifetime = 365 * 24 * 60 * 60;

/** Answers `POST …/serviceaccounts/NAME/token`: checks what the token shall be bound to, and issues it. */
export async function answerTokenRequest(
  request: TokenRequest,
  { namespace, name }: Pick<ResourceInfo, "name" | "namespace">,
  { tokens, reader, dryRun }: { readonly tokens: ServiceAccountTokens; readonly reader: ObjectReader; readonly dryRun: boolean },
): Promise<TokenRequest> {
  const { spec } = request;
  const errors = validateTokenRequest(spec);
  if (errors.length > 0) throw invalidObject(TokenRequestKind, request.metadata.name || name, errors);
  await reader.ready(ServiceAccountKind);
  const account = reader.get(ServiceAccountKind, namespace, name);
  if (account === undefined) throw notFound(ServiceAccountKind, name);
  requireSame("name", request.metadata.name, name);
  requireSame("namespace", request.metadata.namespace, namespace);

  const bound = await findBound(spec, { namespace, name }, reader);
  const audiences = spec.audiences === undefined || spec.audiences.length === 0 ? tokens.audiences : spec.audiences;
  const extended = spec.expirationSeconds === lifetimeWithWarning && audiences.every((audience) => tokens.audiences.includes(audience));
  const { token, expires } = await tokens.issue({
    namespace,
    serviceAccount: { name, uid: account.metadata.uid },
    audiences,
    expirationSeconds: extended ? extendedLifetime : spec.expirationSeconds,
    ...(extended ? { warnAfterSeconds: lifetimeWithWarning } : {}),
    ...bound,
  });
  // Whoever renews by the answer does so as if nothing had been extended.
  const told = extended ? ((expires - (extendedLifetime - lifetimeWithWarning) * 1000) as Instant) : expires;
  return {
    ...request,
    metadata: { ...request.metadata, name, namespace },
    spec: { ...spec, audiences },
    status: { token: dryRun ? "" : token, expirationTimestamp: formatTime(told) },
  };
}

/** Pure: the bounds of a token's lifetime. */
export function validateTokenRequest({ expirationSeconds }: TokenRequestSpec): readonly FieldError[] {
  const field = "spec.expirationSeconds";
  if (expirationSeconds < 600) return [invalid(field, expirationSeconds, "may not specify a duration less than 10 minutes")];
  if (expirationSeconds > 2 ** 32) return [invalid(field, expirationSeconds, "may not specify a duration larger than 2^32 seconds")];
  return [];
}

function requireSame(what: string, given: string | undefined, expected: string): void {
  if (given === undefined || given === "" || given === expected) return;
  throw badRequest(`the ${what} of the provided object does not match the ${what} sent on the request`);
}

interface Bound {
  readonly pod?: BoundObject;
  readonly secret?: BoundObject;
  readonly node?: BoundObject;
}

async function findBound(
  { boundObjectRef }: TokenRequestSpec,
  { namespace, name }: Pick<ResourceInfo, "name" | "namespace">,
  reader: ObjectReader,
): Promise<Bound> {
  if (boundObjectRef === undefined) return {};
  const { apiVersion = "", kind: kindName = "", name: boundName = "", uid } = boundObjectRef;
  const find = async <T extends KubernetesObject>(kind: Kind<T>, inNamespace: string): Promise<T> => {
    await reader.ready(kind);
    const object = reader.get(kind, inNamespace, boundName);
    if (object === undefined) throw notFound(kind, boundName);
    return object;
  };
  const checked = (object: KubernetesObject): BoundObject => {
    if (uid === undefined || uid === "" || uid === object.metadata.uid) return { name: boundName, uid: object.metadata.uid };
    throw conflict(
      { group: "", resource: kindName },
      boundName,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  };
  switch (`${apiVersion}/${kindName}`) {
    case "v1/Pod": {
      const pod = await find(PodKind, namespace);
      if (pod.spec.serviceAccountName !== name) {
        throw badRequest(`cannot bind token for serviceaccount ${JSON.stringify(name)} to pod running with different serviceaccount name.`);
      }
      return { pod: checked(pod), ...(await nodeOfPod(pod, reader)) };
    }
    case "v1/Secret":
      return { secret: checked(await find(SecretKind, namespace)) };
    case "v1/Node":
      return { node: checked(await find(NodeKind, "")) };
    default:
      throw badRequest(`cannot bind token to object of type ${apiVersion}, Kind=${kindName}`);
  }
}

/** A Pod's token says which node the Pod was on when the token was made, as far as that is known. */
async function nodeOfPod({ spec: { nodeName } }: Pod, reader: ObjectReader): Promise<Pick<Bound, "node">> {
  if (nodeName === undefined || nodeName === "") return {};
  await reader.ready(NodeKind);
  const node = reader.get(NodeKind, "", nodeName);
  return { node: { name: nodeName, uid: node?.metadata.uid ?? "" } };
}
