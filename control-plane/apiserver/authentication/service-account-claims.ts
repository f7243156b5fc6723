import { type Instant, type ServiceAccountName, serviceAccountUserName } from "@kubets/machinery";

/** An object that a token names: gone with it, or replaced by another of its name, the token is void. */
export interface BoundObject {
  readonly name: string;
  readonly uid: string;
}

/** What a service account token says. */
export interface ServiceAccountClaims {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Unique to the token. */
  readonly id: string | undefined;
  /** Seconds since 1970, all three. */
  readonly issuedAt: number;
  readonly notBefore: number;
  readonly expiry: number;
  readonly namespace: string;
  readonly serviceAccount: BoundObject;
  readonly pod?: BoundObject;
  readonly secret?: BoundObject;
  readonly node?: BoundObject;
  /** A lifetime that was extended; from then on, using the token is worth a word. */
  readonly warnAfter?: number;
}

/** The claims in their wire form, by the names that other verifiers read (RFC 7519 and `kubernetes.io`). */
export function writeClaims(claims: ServiceAccountClaims): object {
  return {
    aud: claims.audiences,
    exp: claims.expiry,
    iat: claims.issuedAt,
    iss: claims.issuer,
    ...(claims.id === undefined ? {} : { jti: claims.id }),
    "kubernetes.io": {
      namespace: claims.namespace,
      ...(claims.node === undefined ? {} : { node: claims.node }),
      ...(claims.pod === undefined ? {} : { pod: claims.pod }),
      ...(claims.secret === undefined ? {} : { secret: claims.secret }),
      serviceaccount: claims.serviceAccount,
      ...(claims.warnAfter === undefined ? {} : { warnafter: claims.warnAfter }),
    },
    nbf: claims.notBefore,
    sub: serviceAccountUserName(accountOf(claims)),
  };
}

export function accountOf({ namespace, serviceAccount: { name } }: ServiceAccountClaims): ServiceAccountName {
  return { namespace, name };
}

/** Reads what {@link writeClaims} wrote; `undefined` for the claims of anything else. */
export function readClaims(claims: Readonly<Record<string, unknown>>): ServiceAccountClaims | undefined {
  const { iss, aud, jti, iat, nbf, exp, sub } = claims;
  const bound = record(claims["kubernetes.io"]);
  const audiences = typeof aud === "string" ? [aud] : aud;
  const serviceAccount = boundObject(bound?.["serviceaccount"]);
  if (bound === undefined || serviceAccount === undefined || typeof bound["namespace"] !== "string") return undefined;
  if (typeof iss !== "string" || typeof exp !== "number" || !isTexts(audiences)) return undefined;
  const read: ServiceAccountClaims = {
    issuer: iss,
    audiences,
    id: typeof jti === "string" ? jti : undefined,
    issuedAt: typeof iat === "number" ? iat : 0,
    notBefore: typeof nbf === "number" ? nbf : 0,
    expiry: exp,
    namespace: bound["namespace"],
    serviceAccount,
    ...optional("pod", boundObject(bound["pod"])),
    ...optional("secret", boundObject(bound["secret"])),
    ...optional("node", boundObject(bound["node"])),
    ...(typeof bound["warnafter"] === "number" ? { warnAfter: bound["warnafter"] } : {}),
  };
  return sub === serviceAccountUserName(accountOf(read)) ? read : undefined;
}

/** Clocks of issuer and verifier may differ by this much. */
const leewaySeconds = 60;

/** Why a token doesn't hold at `now`, or `undefined` when it does. */
export function timeProblem({ notBefore, expiry }: ServiceAccountClaims, now: Instant): string | undefined {
  const seconds = now / 1000;
  if (seconds + leewaySeconds < notBefore) return "service account token is not valid yet";
  if (seconds - leewaySeconds > expiry) return "service account token has expired";
  return undefined;
}

function optional<Key extends string>(key: Key, value: BoundObject | undefined): { readonly [K in Key]?: BoundObject } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]: BoundObject });
}

function boundObject(value: unknown): BoundObject | undefined {
  const { name, uid } = record(value) ?? {};
  return typeof name === "string" && typeof uid === "string" ? { name, uid } : undefined;
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
