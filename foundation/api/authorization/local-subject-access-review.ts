import {
  type defaulted,
  defineKind,
  type FieldError,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  type Schema,
  struct,
} from "@kubets/machinery";
import {
  type SubjectAccessReviewSpec,
  subjectAccessReviewSpec,
  subjectAccessReviewStatus,
  type SubjectAccessReviewStatus,
  validateSubjectAccess,
} from "./subject-access-review.ts";

/** Asks whether a user may do something within one namespace. */
export interface LocalSubjectAccessReview extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: SubjectAccessReviewSpec;
  readonly status: SubjectAccessReviewStatus;
}

const localSubjectAccessReview: Schema<LocalSubjectAccessReview> = kindObject<LocalSubjectAccessReview>(
  "io.k8s.api.authorization.v1.LocalSubjectAccessReview",
  "Asks whether a user may do something within one namespace.",
  {
    spec: struct(subjectAccessReviewSpec, { field: 2, required: true, doc: "Who would do what; its namespace is that of the review." }),
    status: struct(subjectAccessReviewStatus, { field: 3, default: {}, doc: "The answer." }),
  },
);

export const LocalSubjectAccessReviewKind: Kind<LocalSubjectAccessReview> = defineKind<LocalSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "LocalSubjectAccessReview",
  resource: "localsubjectaccessreviews",
  scope: "Namespaced",
  schema: localSubjectAccessReview,
  verbs: ["create"],
  strategy: { validate: validateReview },
});

function validateReview({ metadata, spec }: LocalSubjectAccessReview): readonly FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec;
  const namespace = resourceAttributes?.namespace ?? "";
  return [
    ...validateSubjectAccess(spec),
    ...(resourceAttributes !== undefined && namespace !== (metadata.namespace ?? "")
      ? [invalid("spec.resourceAttributes.namespace", namespace, "must match metadata.namespace")]
      : []),
    ...(nonResourceAttributes === undefined
      ? []
      : [invalid("spec.nonResourceAttributes", nonResourceAttributes, "disallowed on this kind of request")]),
  ];
}
