import { SubjectAccessReviewKind, TokenReviewKind } from "@kubets/api";
import type { Client } from "@kubets/client";
import { type Clock, type Instant, type Peer, type Request, StatusError, unauthorized, type UserInfo } from "@kubets/machinery";

/** Lets callers in whom the API server knows and allows: the kubelet keeps no list of its own. */
export interface Access {
  /** Throws `Unauthorized` or `Forbidden`. */
  demand(request: Request, peer: Peer): Promise<void>;
}

const allowedFor = 300_000;
const deniedFor = 30_000;
const mostRemembered = 1000;

export function createAccess({
  client,
  clock,
  nodeName,
}: {
  readonly client: Client;
  readonly clock: Clock;
  readonly nodeName: string;
}): Access {
  const decided = new Map<string, { readonly allowed: boolean; readonly until: Instant }>();

  const isAllowed = async (user: UserInfo, verb: string, subresource: string): Promise<boolean> => {
    const key = JSON.stringify([user, verb, subresource]);
    const known = decided.get(key);
    if (known !== undefined && known.until > clock.now()) return known.allowed;
    const { name, uid, groups, extra } = user;
    const { status } = await client.resource(SubjectAccessReviewKind).create({
      metadata: { name: "" },
      spec: {
        user: name,
        groups,
        ...(uid === undefined ? {} : { uid }),
        ...(extra === undefined ? {} : { extra }),
        resourceAttributes: { verb, group: "", version: "v1", resource: "nodes", subresource, name: nodeName },
      },
    });
    if (decided.size >= mostRemembered) decided.clear();
    decided.set(key, { allowed: status.allowed, until: (clock.now() + (status.allowed ? allowedFor : deniedFor)) as Instant });
    return status.allowed;
  };

  return {
    async demand(request, peer) {
      const user = await userOf(client, request, peer);
      const verb = verbs[request.method] ?? request.method.toLowerCase();
      const subresource = subresourceOf(request.target);
      if (await isAllowed(user, verb, subresource)) return;
      throw new StatusError(
        403,
        "Forbidden",
        `Forbidden (user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresource}])`,
      );
    },
  };
}

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

function subresourceOf(target: string): string {
  if (/^\/stats(\/|\?|$)/.test(target)) return "stats";
  if (/^\/metrics(\/|\?|$)/.test(target)) return "metrics";
  return "proxy";
}

async function userOf(client: Client, { headers }: Request, peer: Peer): Promise<UserInfo> {
  if (peer.via === "in-process") return peer.user;
  if (peer.certificate !== undefined) {
    return { name: peer.certificate.commonName, groups: [...peer.certificate.organizations, "system:authenticated"] };
  }
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined) throw unauthorized();
  const { status } = await client.resource(TokenReviewKind).create({ metadata: { name: "" }, spec: { token } });
  if (status.authenticated !== true) throw unauthorized();
  const { username = "", groups = [] } = status.user;
  return { name: username, groups };
}
