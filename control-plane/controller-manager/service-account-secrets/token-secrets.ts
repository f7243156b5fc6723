import type { Secret } from "@kubets/api";

/** Secrets that hold a token of a service account, as they were made before tokens were asked for. */
export const tokenSecretType = "kubernetes.io/service-account-token";
export const accountNameAnnotation = "kubernetes.io/service-account.name";
export const accountUidAnnotation = "kubernetes.io/service-account.uid";

export function isTokenSecret({ type }: Secret): boolean {
  return type === tokenSecretType;
}

/** The key of the account that a token is to be of; none for Secrets of another type, or without a name. */
export function accountKeyOf(secret: Secret): readonly string[] {
  const name = secret.metadata.annotations?.[accountNameAnnotation] ?? "";
  return isTokenSecret(secret) && name !== "" ? [`${secret.metadata.namespace ?? ""}/${name}`] : [];
}

/** Index of Secrets by the account whose token they hold. */
export const secretsByAccount: { readonly account: typeof accountKeyOf } = { account: accountKeyOf };
