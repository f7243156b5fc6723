import { type defaulted, defineKind, type Kind, kindObject, type KubernetesObject, object, type Schema, struct } from "@kubets/machinery";
import { authenticationV1UserInfo, type AuthenticationV1UserInfo } from "./user-info.ts";

/** Asks who the asker is. */
export interface SelfSubjectReview extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly status: SelfSubjectReviewStatus;
}

/** Who asks. */
export interface SelfSubjectReviewStatus {
  readonly [defaulted]?: "userInfo";
  readonly userInfo: AuthenticationV1UserInfo;
}

const selfSubjectReviewStatus: Schema<SelfSubjectReviewStatus> = object<SelfSubjectReviewStatus>(
  "io.k8s.api.authentication.v1.SelfSubjectReviewStatus",
  "Who asks.",
  {
    userInfo: struct(authenticationV1UserInfo, { field: 1, default: {}, doc: "What authentication says of the asker." }),
  },
);

const selfSubjectReview: Schema<SelfSubjectReview> = kindObject<SelfSubjectReview>(
  "io.k8s.api.authentication.v1.SelfSubjectReview",
  "Asks who the asker is.",
  {
    status: struct(selfSubjectReviewStatus, { field: 2, default: {}, doc: "The answer." }),
  },
);

export const SelfSubjectReviewKind: Kind<SelfSubjectReview> = defineKind<SelfSubjectReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  resource: "selfsubjectreviews",
  scope: "Cluster",
  schema: selfSubjectReview,
  verbs: ["create"],
});
