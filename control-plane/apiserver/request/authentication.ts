import { authenticatorChain } from "../authentication/index.ts";
import type { Authenticator } from "../contracts.ts";

/**
 * The step of the pipeline that says who asks: the first authenticator that knows the caller. Callers without credentials are
 * `system:anonymous`; credentials that nobody accepts answer `Unauthorized`.
 */
export function authentication(authenticators: readonly Authenticator[]): Authenticator {
  return authenticatorChain({ authenticators });
}
