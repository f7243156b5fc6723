import { SecretKind, type ServiceAccount, ServiceAccountKind } from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import type { SigningKey } from "@kubets/machinery";
import { accountKeyOf, isTokenSecret, secretsByAccount } from "../service-account-secrets/token-secrets.ts";
import { type Observed, reconcile, type TokenSource } from "./reconcile.ts";

export interface ServiceAccountTokenOptions {
  /** The key that signs tokens of service accounts. */
  readonly signingKey: SigningKey;
  /** PEM of the cluster's CA, which stands beside the token. */
  readonly rootCertificate?: string;
}

/** Fills Secrets that ask for a token of a service account, and removes those whose account is gone. */
export function serviceAccountTokenController({ signingKey, rootCertificate }: ServiceAccountTokenOptions): Controller<Observed> {
  const source: TokenSource = { signingKey, ...(rootCertificate === undefined ? {} : { rootCertificate }) };
  return {
    name: "serviceaccount-token",
    watches: [
      watch(SecretKind, { keys: (secret) => (isTokenSecret(secret) ? [objectKey(secret)] : []), indexes: secretsByAccount }),
      watch(ServiceAccountKind, { keys: secretsOf }),
    ],
    observe(key, caches) {
      const secret = caches.of(SecretKind).get(key);
      const [account] = secret === undefined ? [] : accountKeyOf(secret);
      return secret === undefined || account === undefined ? undefined : { secret, account: caches.of(ServiceAccountKind).get(account) };
    },
    reconcile: (observed) => reconcile(observed, source),
  };
}

function secretsOf(account: ServiceAccount, caches: Caches): readonly string[] {
  return caches.of(SecretKind).byIndex("account", objectKey(account)).map(objectKey);
}
