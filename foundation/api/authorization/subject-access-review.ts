import {
  type defaulted,
  defineKind,
  type FieldError,
  flag,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  listOf,
  map,
  object,
  type Schema,
  string,
  struct,
  text,
} from "@kubets/machinery";
import {
  nonResourceAttributes,
  type NonResourceAttributes,
  type ResourceAttributes,
  resourceAttributes,
  validateAttributes,
} from "./attributes.ts";

/** Asks whether a user may do something. */
export interface SubjectAccessReview extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: SubjectAccessReviewSpec;
  readonly status: SubjectAccessReviewStatus;
}

/** Who would do what: either resource or non-resource attributes. */
export interface SubjectAccessReviewSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly uid?: string;
}

/** Whether someone may do something. */
export interface SubjectAccessReviewStatus {
  readonly [defaulted]?: "allowed";
  readonly allowed: boolean;
  readonly denied?: boolean;
  readonly reason?: string;
  readonly evaluationError?: string;
}

export const subjectAccessReviewSpec: Schema<SubjectAccessReviewSpec> = object<SubjectAccessReviewSpec>(
  "io.k8s.api.authorization.v1.SubjectAccessReviewSpec",
  "Who would do what: either resource or non-resource attributes.",
  {
    resourceAttributes: struct(resourceAttributes, { field: 1, presence: "pointer", doc: "What would be done to a resource." }),
    nonResourceAttributes: struct(nonResourceAttributes, {
      field: 2,
      presence: "pointer",
      doc: "What would be done to a path that isn't a resource.",
    }),
    user: text({ field: 3, doc: "The user's name." }),
    groups: list(string, { field: 4, listType: "atomic", doc: "The user's groups." }),
    extra: map(listOf(string), { field: 5, doc: "What else authentication says of the user." }),
    uid: text({ field: 6, doc: "The user's uid." }),
  },
);

export const subjectAccessReviewStatus: Schema<SubjectAccessReviewStatus> = object<SubjectAccessReviewStatus>(
  "io.k8s.api.authorization.v1.SubjectAccessReviewStatus",
  "Whether someone may do something.",
  {
    allowed: flag({ field: 1, required: true, default: false, doc: "Whether it is allowed." }),
    denied: flag({ field: 4, doc: "Whether it is forbidden, whatever else might allow it." }),
    reason: text({ field: 2, doc: "Why." }),
    evaluationError: text({ field: 3, doc: "What went wrong while it was found out; the answer can stand all the same." }),
  },
);

const subjectAccessReview: Schema<SubjectAccessReview> = kindObject<SubjectAccessReview>(
  "io.k8s.api.authorization.v1.SubjectAccessReview",
  "Asks whether a user may do something.",
  {
    spec: struct(subjectAccessReviewSpec, { field: 2, required: true, doc: "Who would do what." }),
    status: struct(subjectAccessReviewStatus, { field: 3, default: {}, doc: "The answer." }),
  },
);

export const SubjectAccessReviewKind: Kind<SubjectAccessReview> = defineKind<SubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  resource: "subjectaccessreviews",
  scope: "Cluster",
  schema: subjectAccessReview,
  verbs: ["create"],
  strategy: { validate: ({ spec }) => validateSubjectAccess(spec) },
});

/** What a review of someone else's access must say: what would be done, and by whom. */
export function validateSubjectAccess(spec: SubjectAccessReviewSpec): readonly FieldError[] {
  const { user = "", groups = [] } = spec;
  return [
    ...validateAttributes(spec),
    ...(user === "" && groups.length === 0 ? [invalid("spec.user", user, "at least one of user or group must be specified")] : []),
  ];
}
