import { callerOf, type Client, createAccessReviews } from "@kubets/client";
import { type Clock, type Peer, type Request, StatusError, unauthorized } from "@kubets/machinery";

/** Lets callers in whom the API server knows and allows: the kubelet keeps no list of its own. */
export interface Access {
  /** Throws `Unauthorized` or `Forbidden`. */
  demand(request: Request, peer: Peer): Promise<void>;
}

const allowedFor = 300_000;
const deniedFor = 30_000;

export function createAccess({
  client,
  clock,
  nodeName,
}: {
  readonly client: Client;
  readonly clock: Clock;
  readonly nodeName: string;
}): Access {
  const reviews = createAccessReviews({ client, clock, allowedFor, deniedFor });
  return {
    async demand(request, peer) {
      const user = await callerOf({ headers: request.headers, peer }, client);
      if (user === undefined) throw unauthorized();
      const verb = verbs[request.method] ?? request.method.toLowerCase();
      const subresource = subresourceOf(request.target);
      const resourceAttributes = { verb, group: "", version: "v1", resource: "nodes", subresource, name: nodeName };
      if (await reviews.isAllowed(user, { resourceAttributes })) return;
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
