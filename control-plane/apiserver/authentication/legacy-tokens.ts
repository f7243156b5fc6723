import { ConfigMapKind, type Secret, SecretKind, ServiceAccountKind } from "@kubets/api";
import {
  base64OfText,
  type Clock,
  formatTime,
  isStatus,
  legacyTokenClaims,
  readLegacyClaims,
  sameJson,
  serviceAccountUser,
  unauthorized,
  type UserInfo,
} from "@kubets/machinery";
import type { ObjectReader, ObjectWriter } from "../contracts.ts";

export interface LegacyTokenOptions {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly clock: Pick<Clock, "now">;
}

const lastUsed = "kubernetes.io/legacy-token-last-used";
const invalidSince = "kubernetes.io/legacy-token-invalid-since";

/**
 * Who a token in a Secret proves, given its claims (the signature was verified): as long as the Secret is there and holds it, for the very
 * account it was made for. Notes the day on which it was last used. Throws `unauthorized` for one that doesn't hold.
 */
export async function legacyTokenUser(
  token: string,
  claims: Readonly<Record<string, unknown>>,
  { reader, writer, clock }: LegacyTokenOptions,
): Promise<UserInfo> {
  const named = readLegacyClaims(claims);
  if (named === undefined || !sameJson(claims, legacyTokenClaims(named))) throw unauthorized();
  const { namespace, account } = named;
  await Promise.all([reader.ready(SecretKind), reader.ready(ServiceAccountKind)]);
  const secret = reader.get(SecretKind, namespace, named.secret);
  const present = reader.get(ServiceAccountKind, namespace, account.name);
  const holds = secret?.metadata.deletionTimestamp === undefined && secret?.data?.["token"] === base64OfText(token);
  if (!holds || present?.metadata.uid !== account.uid) throw unauthorized();
  if (secret.metadata.labels?.[invalidSince] !== undefined) throw unauthorized();
  await noteUse(secret, formatTime(clock.now()).slice(0, 10), writer);
  return { ...serviceAccountUser({ namespace, name: account.name }), uid: account.uid };
}

async function noteUse(secret: Secret, today: string, writer: ObjectWriter): Promise<void> {
  const { metadata } = secret;
  if (metadata.labels?.[lastUsed] === today) return;
  try {
    await writer.update(SecretKind, { ...secret, metadata: { ...metadata, labels: { ...metadata.labels, [lastUsed]: today } } });
  } catch (error) {
    // Somebody else was faster, perhaps with the same note: it is made at the next use.
    if (!isStatus(error, "Conflict") && !isStatus(error, "NotFound")) throw error;
  }
}

const trackingName = "kube-apiserver-legacy-service-account-token-tracking";

/** Writes down since which day uses are noted: before it, that nothing is noted means nothing. */
export async function trackLegacyTokens({ reader, writer, clock }: LegacyTokenOptions): Promise<void> {
  const namespace = "kube-system";
  await reader.ready(ConfigMapKind);
  if (reader.get(ConfigMapKind, namespace, trackingName) !== undefined) return;
  const since = formatTime(clock.now()).slice(0, 10);
  try {
    await writer.create(ConfigMapKind, { metadata: { name: trackingName, namespace }, data: { since } });
  } catch (error) {
    // Another server was faster.
    if (!isStatus(error, "AlreadyExists")) throw error;
  }
}
