import { type Secret, SecretKind } from "@kubets/api";
import { type Controller, patch, watch } from "@kubets/client";
import { nameSuffix, parseDuration, parseTime, formatTime } from "@kubets/machinery";

const period = "example.com/rotate-every";
const rotated = "example.com/rotated-at";

/** An operator: Secrets that say how often they want it get a new password in time. */
export const rotateSecrets: Controller<Secret> = {
  name: "rotate-secrets",
  watches: [watch(SecretKind)],
  observe(key, caches) {
    const secret = caches.of(SecretKind).get(key);
    return secret?.metadata.annotations?.[period] === undefined ? undefined : secret;
  },
  reconcile(secret, now, { random }) {
    const { metadata } = secret;
    const every = Number(parseDuration(metadata.annotations?.[period] ?? "") ?? 0n) / 1e6;
    if (every <= 0) return { actions: [] };
    const last = parseTime(metadata.annotations?.[rotated] ?? "");
    const due = last === undefined ? now : last + every;
    if (due > now) return { actions: [], requeueAfter: due - now };
    const change = { metadata: { annotations: { [rotated]: formatTime(now) } }, stringData: { password: nameSuffix(random, 24) } };
    return { actions: [patch(SecretKind, secret, change)], requeueAfter: every };
  },
};
