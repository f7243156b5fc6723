import {
  type defaulted,
  defineKind,
  flag,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  type Schema,
  string,
  struct,
  text,
} from "@kubets/machinery";
import { authenticationV1UserInfo, type AuthenticationV1UserInfo } from "./user-info.ts";

/** Asks whether a token is valid, and whose it is. */
export interface TokenReview extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: TokenReviewSpec;
  readonly status: TokenReviewStatus;
}

/** A token to be reviewed. */
export interface TokenReviewSpec {
  readonly token: string;
  readonly audiences?: readonly string[];
}

/** The answer on a token. */
export interface TokenReviewStatus {
  readonly [defaulted]?: "user";
  readonly authenticated?: boolean;
  readonly user: AuthenticationV1UserInfo;
  readonly audiences?: readonly string[];
  readonly error?: string;
}

const tokenReviewSpec: Schema<TokenReviewSpec> = object<TokenReviewSpec>(
  "io.k8s.api.authentication.v1.TokenReviewSpec",
  "A token to be reviewed.",
  {
    token: text({ field: 1, required: true, mayBeEmpty: true, doc: "The token itself." }),
    audiences: list(string, {
      field: 2,
      listType: "atomic",
      doc: "For whom the token should be meant; one of them is enough. Where nothing is said: for the API server.",
    }),
  },
);

const tokenReviewStatus: Schema<TokenReviewStatus> = object<TokenReviewStatus>(
  "io.k8s.api.authentication.v1.TokenReviewStatus",
  "The answer on a token.",
  {
    authenticated: flag({ field: 1, doc: "Whether the token is valid." }),
    user: struct(authenticationV1UserInfo, { field: 2, default: {}, doc: "Whose token it is." }),
    audiences: list(string, { field: 4, listType: "atomic", doc: "For which of the audiences asked about it is meant." }),
    error: text({ field: 3, doc: "Why it couldn't be told." }),
  },
);

const tokenReview: Schema<TokenReview> = kindObject<TokenReview>(
  "io.k8s.api.authentication.v1.TokenReview",
  "Asks whether a token is valid, and whose it is.",
  {
    spec: struct(tokenReviewSpec, { field: 2, required: true, doc: "The token." }),
    status: struct(tokenReviewStatus, { field: 3, default: {}, doc: "The answer." }),
  },
);

export const TokenReviewKind: Kind<TokenReview> = defineKind<TokenReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  resource: "tokenreviews",
  scope: "Cluster",
  schema: tokenReview,
  verbs: ["create"],
});
