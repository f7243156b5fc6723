import { SubjectAccessReviewKind, type SubjectAccessReviewSpec, TokenReviewKind } from "@kubets/api";
import { type Clock, type Headers, type Instant, type Peer, unauthorized, type UserInfo } from "@kubets/machinery";
import type { Client } from "./client.ts";

/**
 * Who calls a server that keeps no list of users: whom the connection or the client certificate names, or whose token the API server knows.
 * `undefined` for those who don't say who they are. Throws `Unauthorized` for a token that doesn't hold.
 */
export async function callerOf(
  { headers, peer }: { readonly headers: Headers; readonly peer: Peer },
  /** May review tokens; without it, tokens say nothing. */
  client: Client | undefined,
): Promise<UserInfo | undefined> {
  if (peer.via === "in-process") return peer.user;
  if (peer.certificate !== undefined) {
    return { name: peer.certificate.commonName, groups: [...peer.certificate.organizations, "system:authenticated"] };
  }
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined || client === undefined) return undefined;
  const { status } = await client.resource(TokenReviewKind).create({ metadata: { name: "" }, spec: { token } });
  if (status.authenticated !== true) throw unauthorized();
  const { username = "", uid, groups = [], extra } = status.user;
  return { name: username, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) };
}

/** What a review is about: a resource, or a path that is none. */
export type AccessAttributes = Pick<SubjectAccessReviewSpec, "nonResourceAttributes" | "resourceAttributes">;

export interface AccessReviewsOptions {
  /** May review what others may do. */
  readonly client: Client;
  readonly clock: Clock;
  /** How long an answer is remembered, in milliseconds. */
  readonly allowedFor: number;
  readonly deniedFor: number;
}

/** Asks the API server what callers may do, and remembers its answers for a while. */
export interface AccessReviews {
  isAllowed(user: UserInfo, attributes: AccessAttributes): Promise<boolean>;
}

const mostRemembered = 1000;

export function createAccessReviews({ client, clock, allowedFor, deniedFor }: AccessReviewsOptions): AccessReviews {
  const decided = new Map<string, { readonly allowed: boolean; readonly until: Instant }>();
  return {
    async isAllowed(user, attributes) {
      const key = JSON.stringify([user, attributes]);
      const known = decided.get(key);
      if (known !== undefined && known.until > clock.now()) return known.allowed;
      const { name, uid, groups, extra } = user;
      const { status } = await client.resource(SubjectAccessReviewKind).create({
        metadata: { name: "" },
        spec: {
          user: name,
          groups,
          ...(uid === undefined ? {} : { uid }),
          ...(extra === undefined ? {} : { extra }),
          ...attributes,
        },
      });
      if (decided.size >= mostRemembered) decided.clear();
      decided.set(key, { allowed: status.allowed, until: (clock.now() + (status.allowed ? allowedFor : deniedFor)) as Instant });
      return status.allowed;
    },
  };
}
