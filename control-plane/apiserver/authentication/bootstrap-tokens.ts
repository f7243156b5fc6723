import { bootstrapSecretName, hasExpired, readBootstrapToken, SecretKind } from "@kubets/api";
import type { Clock } from "@kubets/machinery";
import type { Authenticator, ObjectReader } from "../contracts.ts";
import { bearerToken } from "./bearer-token.ts";

export interface BootstrapTokenOptions {
  readonly reader: ObjectReader;
  readonly clock: Pick<Clock, "now">;
}

const format = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const bootstrappers = "system:bootstrappers";
const extraGroup = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/**
 * Lets in who is about to join: by a token `ID.SECRET` that a Secret of kube-system holds, is meant for it, and has not expired. Such a user
 * belongs to `system:bootstrappers` and to the groups below it that the Secret names; with any other group, the token is worth nothing.
 */
export function bootstrapTokens({ reader, clock }: BootstrapTokenOptions): Authenticator {
  return {
    name: "bootstrapTokens",
    async authenticate(request) {
      const [, id = "", secret = ""] = format.exec(bearerToken(request) ?? "") ?? [];
      if (id === "") return undefined;
      await reader.ready(SecretKind);
      const present = reader.get(SecretKind, "kube-system", bootstrapSecretName(id));
      const token = present && readBootstrapToken(present);
      if (token === undefined || !token.authenticates || hasExpired(token, clock.now())) return undefined;
      if (!isSame(token.secret, secret) || !token.groups.every((group) => extraGroup.test(group))) return undefined;
      return { name: `system:bootstrap:${id}`, groups: [...new Set([bootstrappers, ...token.groups])] };
    },
  };
}

/** Takes as long wherever they differ: nobody learns from it how much was right. */
function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < b.length; index++) difference |= a.charCodeAt(index % Math.max(1, a.length)) ^ b.charCodeAt(index);
  return difference === 0;
}
