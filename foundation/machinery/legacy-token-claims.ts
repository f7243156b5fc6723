import { serviceAccountUserName } from "./service-account-user.ts";

/** Of what a token in a Secret speaks. */
export interface LegacyToken {
  readonly namespace: string;
  /** The name of the Secret that holds it. */
  readonly secret: string;
  readonly account: { readonly name: string; readonly uid: string };
}

/** Whom tokens in Secrets name as their issuer; those that were asked for name a URL. */
export const legacyTokenIssuer = "kubernetes/serviceaccount";

const prefix = "kubernetes.io/serviceaccount";

/** What a token in a Secret says. It has no end: it holds as long as the Secret is there. */
export function legacyTokenClaims({ namespace, secret, account }: LegacyToken): Readonly<Record<string, string>> {
  return {
    iss: legacyTokenIssuer,
    [`${prefix}/namespace`]: namespace,
    [`${prefix}/secret.name`]: secret,
    [`${prefix}/service-account.name`]: account.name,
    [`${prefix}/service-account.uid`]: account.uid,
    sub: serviceAccountUserName({ namespace, name: account.name }),
  };
}

/** Reads what {@link legacyTokenClaims} wrote; `undefined` when something is missing. */
export function readLegacyClaims(claims: Readonly<Record<string, unknown>>): LegacyToken | undefined {
  const text = (name: string): string => {
    const value = claims[`${prefix}/${name}`];
    return typeof value === "string" ? value : "";
  };
  const [namespace, secret, name, uid] = [
    text("namespace"),
    text("secret.name"),
    text("service-account.name"),
    text("service-account.uid"),
  ];
  return [namespace, secret, name, uid].includes("") ? undefined : { namespace, secret, account: { name, uid } };
}
