import { type ConfigMap, ConfigMapKind, type Pod, PodKind, type Secret, SecretKind, ServiceAccountKind } from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import { accountKeyOf, isTokenSecret } from "../service-account-secrets/token-secrets.ts";
import { type Observed, reconcile } from "./reconcile.ts";

const tracking = "kube-system/kube-apiserver-legacy-service-account-token-tracking";

export interface LegacyTokenCleanerOptions {
  /**
   * How long (milliseconds) a token may go unused, and how long it then waits without force; a year when absent, as upstream
   * (`--legacy-service-account-token-clean-up-period`).
   */
  readonly period?: number;
}

const year = 365 * 24 * 3_600_000;

/** Takes away tokens that were once made for every service account and that nobody has used for long: first their force, then the Secret. */
export function legacyServiceAccountTokenCleaner({ period = year }: LegacyTokenCleanerOptions = {}): Controller<Observed> {
  return {
    name: "legacy-serviceaccount-token-cleaner",
    watches: [
      watch(SecretKind, { keys: (secret) => (isTokenSecret(secret) ? [objectKey(secret)] : []) }),
      watch(ServiceAccountKind, { keys: (account) => account.secrets?.map(({ name }) => `${account.metadata.namespace}/${name}`) ?? [] }),
      watch(PodKind, { keys: () => [], indexes: { secret: secretsOfPod } }),
      watch(ConfigMapKind, { keys: tokenSecrets }),
    ],
    observe(key, caches) {
      const secret = caches.of(SecretKind).get(key);
      const since = caches.of(ConfigMapKind).get(tracking)?.data?.["since"];
      if (secret === undefined || since === undefined || !isTokenSecret(secret)) return undefined;
      const [account = ""] = accountKeyOf(secret);
      const names = caches.of(ServiceAccountKind).get(account)?.secrets ?? [];
      return {
        secret,
        trackedSince: since,
        isMadeForAccount: names.some(({ name }) => name === secret.metadata.name),
        isMounted: caches.of(PodKind).byIndex("secret", key).length > 0,
      };
    },
    reconcile: (observed, now) => reconcile(observed, now, period),
  };
}

function secretsOfPod({ metadata, spec }: Pod): readonly string[] {
  return (
    spec.volumes?.flatMap(({ secret }) => (secret?.secretName === undefined ? [] : [`${metadata.namespace}/${secret.secretName}`])) ?? []
  );
}

/** From when on uses were noted decides about all of them. */
function tokenSecrets(configMap: ConfigMap, caches: Caches): readonly string[] {
  const isToken = (secret: Secret): boolean => isTokenSecret(secret);
  return objectKey(configMap) === tracking ? caches.of(SecretKind).list().filter(isToken).map(objectKey) : [];
}
