import { isBootstrapSecret, type Secret, SecretKind } from "@kubets/api";
import { type Controller, type Decision, deletion, nothing, objectKey, watch } from "@kubets/client";
import { type Instant, parseTime, textOfBase64 } from "@kubets/machinery";

/** Removes the tokens with which nodes join once they have expired. */
export const tokenCleaner: Controller<Secret> = {
  name: "token-cleaner",
  watches: [watch(SecretKind, { keys: (secret) => (isBootstrapSecret(secret) ? [objectKey(secret)] : []) })],
  observe: (key, caches) => caches.of(SecretKind).get(key),
  reconcile,
};

export function reconcile(secret: Secret, now: Instant): Decision {
  const expiration = textOfBase64(secret.data?.["expiration"] ?? "");
  if (!isBootstrapSecret(secret) || secret.metadata.deletionTimestamp !== undefined || expiration === "") return nothing;
  // A time that can't be read must not make a token last for ever.
  const left = (parseTime(expiration) ?? now) - now;
  return left > 0 ? { actions: [], requeueAfter: left } : { actions: [deletion(SecretKind, secret)] };
}
