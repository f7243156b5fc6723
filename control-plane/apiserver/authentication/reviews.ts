import type { AuthenticationV1UserInfo, SelfSubjectReview, TokenReview } from "@kubets/api";
import { badRequest, isStatus, type UserInfo } from "@kubets/machinery";
import type { AuthenticatedToken } from "./service-account-tokens.ts";
import { authenticated } from "./users.ts";

/** Tells whose token a text is: what TokenReview asks. Throws `unauthorized` for a token that doesn't hold. */
export type TokenAuthenticator = (token: string, audiences: readonly string[]) => Promise<AuthenticatedToken | undefined>;

/** Answers a TokenReview: whose token it is, and for which of the audiences in question. */
export async function answerTokenReview(
  review: TokenReview,
  { authenticate, defaultAudiences }: { readonly authenticate: TokenAuthenticator; readonly defaultAudiences: readonly string[] },
): Promise<TokenReview> {
  const { token, audiences = [] } = review.spec;
  if (token === "") throw badRequest("token is required for TokenReview in authentication");
  try {
    const found = await authenticate(token, audiences.length === 0 ? defaultAudiences : audiences);
    if (found === undefined) return { ...review, status: { user: {}, error: "invalid bearer token" } };
    return { ...review, status: { authenticated: true, user: userInfoOf(authenticated(found.user)), audiences: found.audiences } };
  } catch (error) {
    if (!isStatus(error, "Unauthorized")) throw error;
    return { ...review, status: { user: {}, error: error.message === "Unauthorized" ? "invalid bearer token" : error.message } };
  }
}

/** Answers a SelfSubjectReview: who the server takes the caller for. */
export function answerSelfSubjectReview(review: SelfSubjectReview, user: UserInfo): SelfSubjectReview {
  return { ...review, status: { userInfo: userInfoOf(user) } };
}

export function userInfoOf({ name, uid, groups, extra }: UserInfo): AuthenticationV1UserInfo {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
