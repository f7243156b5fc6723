import {
  LocalSubjectAccessReviewKind,
  SelfSubjectAccessReviewKind,
  SelfSubjectRulesReviewKind,
  SubjectAccessReviewKind,
  type SubjectAccessReviewSpec,
} from "@kubets/api";
import { badRequest, type FieldError, invalid, invalidObject, type Kind, type KubernetesObject, type UserInfo } from "@kubets/machinery";
import type { Authorizer, Endpoint, ObjectExchange, RequestContext, ResourceEndpoint } from "../contracts.ts";
import type { RoleBasedAccessControl } from "./rbac.ts";
import { answerRulesReview, decide, validateAsked, validateSubject } from "./reviews.ts";

export interface AuthorizationEndpointOptions {
  readonly exchange: ObjectExchange;
  /** The whole chain that requests go through. */
  readonly authorizer: Authorizer;
  readonly rbac: RoleBasedAccessControl;
}

/** The reviews of authorization.k8s.io: may someone, or may I? */
export function authorizationEndpoints({ exchange, authorizer, rbac }: AuthorizationEndpointOptions): readonly ResourceEndpoint[] {
  /** A review that is created, answered and forgotten. */
  const review = <T extends KubernetesObject>(
    kind: Kind<T>,
    answer: (review: T, context: RequestContext) => Promise<T>,
  ): ResourceEndpoint => {
    const endpoint: Endpoint = async (context) =>
      exchange.answer(context, kind, 201, await answer(await exchange.read(context, kind), context));
    return { group: kind.group, resource: kind.resource, subresource: "", endpoint };
  };

  return [
    review(SubjectAccessReviewKind, async (asked) => {
      refuse(SubjectAccessReviewKind, validateSubject(asked.spec));
      return { ...asked, status: await decide(asked.spec, subjectOf(asked.spec), authorizer) };
    }),
    review(LocalSubjectAccessReviewKind, async (asked, { info }) => {
      const namespace = info.resource?.namespace ?? "";
      refuse(LocalSubjectAccessReviewKind, [...validateSubject(asked.spec), ...validateLocal(asked.spec, namespace)]);
      if ((asked.metadata.namespace ?? namespace) !== namespace) {
        throw badRequest("namespace on submitted object must match namespace on request");
      }
      return { ...asked, status: await decide(asked.spec, subjectOf(asked.spec), authorizer) };
    }),
    review(SelfSubjectAccessReviewKind, async (asked, { user }) => {
      refuse(SelfSubjectAccessReviewKind, validateAsked(asked.spec));
      return { ...asked, status: await decide(asked.spec, user, authorizer) };
    }),
    review(SelfSubjectRulesReviewKind, (asked, { user }) => answerRulesReview(asked, user, rbac)),
  ];
}

function subjectOf({ user = "", uid, groups = [], extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) };
}

function validateLocal({ resourceAttributes, nonResourceAttributes }: SubjectAccessReviewSpec, namespace: string): readonly FieldError[] {
  if (nonResourceAttributes !== undefined) {
    return [invalid("spec.nonResourceAttributes", nonResourceAttributes, "disallowed on this kind of request")];
  }
  if (resourceAttributes !== undefined && resourceAttributes.namespace !== namespace) {
    return [invalid("spec.resourceAttributes.namespace", resourceAttributes.namespace ?? "", "must match metadata.namespace")];
  }
  return [];
}

function refuse(kind: Pick<Kind, "group" | "kind">, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject(kind, "", errors);
}
