import { isStatus, type Request, type Peer, unauthorized, type UserInfo } from "@kubets/machinery";
import type { Authenticator } from "../contracts.ts";
import { bearerToken } from "./bearer-token.ts";
import { anonymousUser, authenticated } from "./users.ts";

export interface AuthenticatorChainOptions {
  readonly authenticators: readonly Authenticator[];
  /** Whether callers without any credentials are let in as `system:anonymous`. */
  readonly anonymous?: boolean;
}

/**
 * Asks one authenticator after the other; the first that knows the caller decides, even when an earlier one found its credentials bad.
 *
 * Everyone who is known belongs to `system:authenticated`. Who shows credentials that nobody accepts is answered 401 and never
 * taken for anonymous.
 */
export function authenticatorChain({ authenticators, anonymous = true }: AuthenticatorChainOptions): Authenticator {
  return {
    name: "chain",
    async authenticate(request: Request, peer: Peer): Promise<UserInfo> {
      let refused = false;
      for (const authenticator of authenticators) {
        try {
          const user = await authenticator.authenticate(request, peer);
          if (user !== undefined) return authenticated(user);
        } catch (error) {
          if (!isStatus(error, "Unauthorized")) throw error;
          refused = true;
        }
      }
      if (refused || bearerToken(request) !== undefined || !anonymous) throw unauthorized();
      return anonymousUser;
    },
  };
}
