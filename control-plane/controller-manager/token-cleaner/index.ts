import { type Secret, SecretKind } from "@kubets/api";
import { type Controller, type Decision, deletion, nothing, objectKey, watch } from "@kubets/client";
import { type Instant, parseTime } from "@kubets/machinery";

const namespace = "kube-system";
const type = "bootstrap.kubernetes.io/token";

/** Removes the tokens with which nodes join once they have expired. */
export const tokenCleaner: Controller<Secret> = {
  name: "token-cleaner",
  watches: [watch(SecretKind, { keys: (secret) => (isToken(secret) ? [objectKey(secret)] : []) })],
  observe: (key, caches) => caches.of(SecretKind).get(key),
  reconcile,
};

export function reconcile(secret: Secret, now: Instant): Decision {
  const expiration = textOf(secret.data?.["expiration"]);
  if (!isToken(secret) || secret.metadata.deletionTimestamp !== undefined || expiration === "") return nothing;
  // A time that can't be read must not make a token last for ever.
  const left = (parseTime(expiration) ?? now) - now;
  return left > 0 ? { actions: [], requeueAfter: left } : { actions: [deletion(SecretKind, secret)] };
}

function isToken({ metadata, type: its }: Secret): boolean {
  return its === type && metadata.namespace === namespace;
}

function textOf(base64 = ""): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}
