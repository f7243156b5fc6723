import type { Authenticator } from "../contracts.ts";

/** The user that a part of this very process acts as. Only `distribution` and the testkit can make such a peer. */
export function inProcess(): Authenticator {
  return {
    name: "inProcess",
    authenticate: async (_request, peer) => (peer.via === "in-process" ? peer.user : undefined),
  };
}
