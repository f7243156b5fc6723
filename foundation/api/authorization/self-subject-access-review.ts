import { type defaulted, defineKind, type Kind, kindObject, type KubernetesObject, object, type Schema, struct } from "@kubets/machinery";
import {
  nonResourceAttributes,
  type NonResourceAttributes,
  type ResourceAttributes,
  resourceAttributes,
  validateAttributes,
} from "./attributes.ts";
import { subjectAccessReviewStatus, type SubjectAccessReviewStatus } from "./subject-access-review.ts";

/** Asks whether the asker may do something. */
export interface SelfSubjectAccessReview extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: SelfSubjectAccessReviewSpec;
  readonly status: SubjectAccessReviewStatus;
}

/** What the asker would do: either resource or non-resource attributes. */
export interface SelfSubjectAccessReviewSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

const selfSubjectAccessReviewSpec: Schema<SelfSubjectAccessReviewSpec> = object<SelfSubjectAccessReviewSpec>(
  "io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec",
  "What the asker would do: either resource or non-resource attributes.",
  {
    resourceAttributes: struct(resourceAttributes, { field: 1, presence: "pointer", doc: "What would be done to a resource." }),
    nonResourceAttributes: struct(nonResourceAttributes, {
      field: 2,
      presence: "pointer",
      doc: "What would be done to a path that isn't a resource.",
    }),
  },
);

const selfSubjectAccessReview: Schema<SelfSubjectAccessReview> = kindObject<SelfSubjectAccessReview>(
  "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
  "Asks whether the asker may do something.",
  {
    spec: struct(selfSubjectAccessReviewSpec, { field: 2, required: true, doc: "What the asker would do." }),
    status: struct(subjectAccessReviewStatus, { field: 3, default: {}, doc: "The answer." }),
  },
);

export const SelfSubjectAccessReviewKind: Kind<SelfSubjectAccessReview> = defineKind<SelfSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  resource: "selfsubjectaccessreviews",
  scope: "Cluster",
  schema: selfSubjectAccessReview,
  verbs: ["create"],
  strategy: { validate: ({ spec }) => validateAttributes(spec) },
});
