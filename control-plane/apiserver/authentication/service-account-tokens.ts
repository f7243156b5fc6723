import { NodeKind, PodKind, SecretKind, ServiceAccountKind } from "@kubets/api";
import {
  type Clock,
  type Instant,
  type Kind,
  type KubernetesObject,
  legacyTokenIssuer,
  parseTime,
  parseToken,
  type Random,
  serviceAccountUser,
  type SigningKey,
  signToken,
  unauthorized,
  type UserInfo,
  uuid,
  verifyToken,
} from "@kubets/machinery";
import type { Authenticator, ObjectReader, ObjectWriter } from "../contracts.ts";
import { bearerToken } from "./bearer-token.ts";
import { credentialIdKey } from "./client-certificate.ts";
import { legacyTokenUser } from "./legacy-tokens.ts";
import { accountOf, type BoundObject, readClaims, type ServiceAccountClaims, timeProblem, writeClaims } from "./service-account-claims.ts";

export interface ServiceAccountTokenOptions {
  /** The first signs; all verify, so that a key can be replaced while its tokens live. */
  readonly keys: readonly [SigningKey, ...SigningKey[]];
  /** The URL that tokens name as their issuer, and under which its keys are found. */
  readonly issuer: string;
  /** Whom a token must be meant for to be accepted by this server, and is when it asks for nothing else. */
  readonly audiences: readonly string[];
  readonly reader: ObjectReader;
  /** Notes when a token in a Secret was last used. */
  readonly writer: ObjectWriter;
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
}

export interface TokenAsk {
  readonly namespace: string;
  readonly serviceAccount: BoundObject;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly pod?: BoundObject;
  readonly secret?: BoundObject;
  readonly node?: BoundObject;
  /** A lifetime, shorter than the token's, after which it should have been renewed. */
  readonly warnAfterSeconds?: number;
}

/** What a token proves: who, and for which of the audiences that were asked for. */
export interface AuthenticatedToken {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

export interface ServiceAccountTokens extends Authenticator {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly keys: readonly SigningKey[];
  issue(ask: TokenAsk): Promise<{ readonly token: string; readonly expires: Instant }>;
  /**
   * `undefined` for tokens of another issuer. Throws `unauthorized` for one that is ours and doesn't hold: forged, expired, meant
   * for others, or bound to what is gone.
   */
  authenticateToken(token: string, audiences: readonly string[]): Promise<AuthenticatedToken | undefined>;
}

/** Signatures that were verified are remembered, not verdicts: what a token is bound to is looked up every time. */
const rememberedTokens = 4096;

/** Tokens of service accounts: issued here, bound to the account and to what asked for them, verified against what is there now. */
export function serviceAccountTokens({
  keys,
  issuer,
  audiences,
  reader,
  writer,
  clock,
  random,
}: ServiceAccountTokenOptions): ServiceAccountTokens {
  const verified = new Map<string, ServiceAccountClaims>();

  const verifiedClaims = async (token: string): Promise<ServiceAccountClaims | undefined> => {
    const known = verified.get(token);
    if (known !== undefined) return known;
    const parsed = parseToken(token);
    if (parsed === undefined || parsed.claims["iss"] !== issuer) return undefined;
    if (!(await verifyToken(parsed, keys))) throw unauthorized();
    const claims = readClaims(parsed.claims);
    if (claims === undefined) throw unauthorized();
    for (const oldest of verified.keys()) {
      if (verified.size < rememberedTokens) break;
      verified.delete(oldest);
    }
    verified.set(token, claims);
    return claims;
  };

  /** A token in a Secret names no audience: it is meant for this server. */
  const legacyToken = async (token: string, asked: readonly string[]): Promise<AuthenticatedToken | undefined> => {
    const parsed = parseToken(token);
    if (parsed === undefined || parsed.claims["iss"] !== legacyTokenIssuer) return undefined;
    const shared = audiences.filter((audience) => asked.includes(audience));
    if (shared.length === 0 || !(await verifyToken(parsed, keys))) throw unauthorized();
    return { user: await legacyTokenUser(token, parsed.claims, { reader, writer, clock }), audiences: shared };
  };

  const tokens: ServiceAccountTokens = {
    name: "serviceAccountTokens",
    issuer,
    audiences,
    keys,
    async issue({ namespace, serviceAccount, audiences: asked, expirationSeconds, pod, secret, node, warnAfterSeconds }) {
      const now = Math.floor(clock.now() / 1000);
      const expiry = now + expirationSeconds;
      const claims: ServiceAccountClaims = {
        issuer,
        audiences: asked,
        id: uuid(random),
        issuedAt: now,
        notBefore: now,
        expiry,
        namespace,
        serviceAccount,
        ...(pod === undefined ? {} : { pod }),
        ...(secret === undefined ? {} : { secret }),
        ...(node === undefined ? {} : { node }),
        ...(warnAfterSeconds === undefined ? {} : { warnAfter: now + warnAfterSeconds }),
      };
      return { token: await signToken(keys[0], writeClaims(claims)), expires: (expiry * 1000) as Instant };
    },
    async authenticateToken(token, asked) {
      const claims = await verifiedClaims(token);
      if (claims === undefined) return legacyToken(token, asked);
      const shared = claims.audiences.filter((audience) => asked.includes(audience));
      if (shared.length === 0 || timeProblem(claims, clock.now()) !== undefined) throw unauthorized();
      if (!(await everythingIsThere(claims, reader, clock.now()))) throw unauthorized();
      return { user: userOf(claims), audiences: shared };
    },
    async authenticate(request) {
      const token = bearerToken(request);
      return token === undefined ? undefined : (await tokens.authenticateToken(token, audiences))?.user;
    },
  };
  return tokens;
}

/** A deleted object that still waits for its end is good for this long. */
const deletionLeeway = 60_000;

async function everythingIsThere(claims: ServiceAccountClaims, reader: ObjectReader, now: Instant): Promise<boolean> {
  const isThere = async <T extends KubernetesObject>(
    kind: Kind<T>,
    namespace: string,
    bound: BoundObject | undefined,
  ): Promise<boolean> => {
    if (bound === undefined) return true;
    await reader.ready(kind);
    const object = reader.get(kind, namespace, bound.name);
    if (object === undefined || object.metadata.uid !== bound.uid) return false;
    const { deletionTimestamp } = object.metadata;
    return deletionTimestamp === undefined || (parseTime(deletionTimestamp) ?? 0) >= now - deletionLeeway;
  };
  const { namespace, serviceAccount, pod, secret, node } = claims;
  return (
    (await isThere(ServiceAccountKind, namespace, serviceAccount)) &&
    (await isThere(SecretKind, namespace, secret)) &&
    (await isThere(PodKind, namespace, pod)) &&
    // A Pod's token also names its node, which may go before the Pod does; only a token for a node alone lives and dies with it.
    (await isThere(NodeKind, "", pod === undefined ? node : undefined))
  );
}

function userOf(claims: ServiceAccountClaims): UserInfo {
  const { pod, node, id } = claims;
  const extra = {
    ...(id === undefined ? {} : { [credentialIdKey]: [`JTI=${id}`] }),
    ...(pod === undefined
      ? {}
      : { "authentication.kubernetes.io/pod-name": [pod.name], "authentication.kubernetes.io/pod-uid": [pod.uid] }),
    ...(node === undefined
      ? {}
      : { "authentication.kubernetes.io/node-name": [node.name], "authentication.kubernetes.io/node-uid": [node.uid] }),
  };
  return {
    ...serviceAccountUser(accountOf(claims)),
    uid: claims.serviceAccount.uid,
    extra,
  };
}
