import type {
  NonResourceAttributes,
  ResourceAttributes,
  SelfSubjectRulesReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from "@kubets/api";
import { badRequest, type FieldError, forbidden, invalid, type LabelSelectorRequirement, type UserInfo } from "@kubets/machinery";
import { nodeOf } from "../authentication/users.ts";
import type { AuthorizationAttributes, Authorizer } from "../contracts.ts";
import type { RoleBasedAccessControl } from "./rbac.ts";

interface Asked {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

/** What is wrong with a question; pure. */
export function validateAsked({ resourceAttributes, nonResourceAttributes }: Asked): readonly FieldError[] {
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    return [forbiddenField("spec.nonResourceAttributes", "cannot be specified in combination with resourceAttributes")];
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    return [invalid("spec.resourceAttributes", null, "exactly one of nonResourceAttributes or resourceAttributes must be specified")];
  }
  return [];
}

const forbiddenField = (field: string, detail: string): FieldError => forbidden(field, detail);

export function validateSubject(spec: SubjectAccessReviewSpec): readonly FieldError[] {
  const unnamed = (spec.user ?? "") === "" && (spec.groups ?? []).length === 0;
  const subject = unnamed ? [invalid("spec.user", spec.user ?? "", "at least one of user or group must be specified")] : [];
  return [...validateAsked(spec), ...subject];
}

/** Asks the server's own authorizer, with the very attributes that such a request would have. */
export async function decide(asked: Asked, user: UserInfo, authorizer: Authorizer): Promise<SubjectAccessReviewStatus> {
  const { decision, reason } = await authorizer.authorize(attributesOf(asked, user));
  return {
    allowed: decision === "allow",
    ...(decision === "deny" ? { denied: true } : {}),
    ...(reason === "" ? {} : { reason }),
  };
}

export function attributesOf({ resourceAttributes, nonResourceAttributes }: Asked, user: UserInfo): AuthorizationAttributes {
  if (resourceAttributes === undefined) {
    return { user, verb: nonResourceAttributes?.verb ?? "", path: nonResourceAttributes?.path ?? "" };
  }
  const { namespace = "", verb = "", group = "", version = "", resource = "", subresource = "", name = "" } = resourceAttributes;
  const { fieldSelector, labelSelector } = resourceAttributes;
  return {
    user,
    verb,
    path: "",
    resource: { group, version, namespace, resource, subresource, name },
    ...(fieldSelector === undefined ? {} : { fieldSelector: fieldSelector.rawSelector ?? selectorText(fieldSelector.requirements ?? []) }),
    ...(labelSelector === undefined ? {} : { labelSelector: labelSelector.rawSelector ?? selectorText(labelSelector.requirements ?? []) }),
  };
}

interface Requirement extends Omit<LabelSelectorRequirement, "operator"> {
  readonly operator: string;
}

/** Requirements in the text form of selectors. What can't be written so is left out: a selector only ever narrows what is asked. */
function selectorText(requirements: readonly Requirement[]): string {
  return requirements
    .flatMap(({ key, operator, values = [] }) => {
      const [only] = values;
      switch (operator) {
        case "In":
          return values.length === 1 ? [`${key}=${only}`] : [`${key} in (${values.join(",")})`];
        case "NotIn":
          return values.length === 1 ? [`${key}!=${only}`] : [`${key} notin (${values.join(",")})`];
        case "Exists":
          return [key];
        case "DoesNotExist":
          return [`!${key}`];
        default:
          return [];
      }
    })
    .join(",");
}

/** Answers a SelfSubjectRulesReview: the caller's rules in a namespace. What kubelets may do isn't all in rules, and says so. */
export async function answerRulesReview(
  review: SelfSubjectRulesReview,
  user: UserInfo,
  rbac: RoleBasedAccessControl,
): Promise<SelfSubjectRulesReview> {
  const { namespace = "" } = review.spec;
  if (namespace === "") throw badRequest("no namespace on request");
  const { rules, errors } = await rbac.rulesFor(user, namespace);
  const isNode = nodeOf(user) !== undefined;
  const problems = [...(isNode ? ["node authorizer does not support user rule resolution"] : []), ...errors];
  return {
    ...review,
    status: {
      resourceRules: rules
        .filter(({ resources = [] }) => resources.length > 0)
        .map(({ verbs, apiGroups = [], resources = [], resourceNames = [] }) => ({
          verbs,
          apiGroups,
          resources,
          ...(resourceNames.length === 0 ? {} : { resourceNames }),
        })),
      nonResourceRules: rules
        .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
        .map(({ verbs, nonResourceURLs = [] }) => ({ verbs, nonResourceURLs })),
      incomplete: problems.length > 0,
      ...(problems.length === 0 ? {} : { evaluationError: problems.join(", ") }),
    },
  };
}
