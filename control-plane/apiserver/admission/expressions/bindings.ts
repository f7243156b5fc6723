import { admissionRequestType } from "@kubets/api";
import { type KubernetesObject, serviceAccountUser, type UserInfo } from "@kubets/machinery";
import {
  type Ask,
  type AuthorizationAnswer,
  type AuthorizationQuestion,
  CelAuthorizer,
  CelResourceCheck,
  type CelValue,
  toCelValue,
} from "@kubets/machinery/cel";
import { authenticated } from "../../authentication/users.ts";
import type { AdmissionAttributes, Authorizer } from "../../contracts.ts";
import { requestOf, shownObject } from "./request.ts";

export interface ExpressionInput {
  readonly attributes: AdmissionAttributes;
  /** The kind of the request, where the attributes are of another version of it. */
  readonly requested?: AdmissionAttributes["kind"];
  /** One of the objects that a binding names; `null` where it names none. */
  readonly params?: unknown;
  /** The namespace of the object; absent for objects without one. */
  readonly namespace?: KubernetesObject | undefined;
}

/** The variables of expressions about a request. */
export function bindingsOf({ attributes, requested, params, namespace }: ExpressionInput, ask: Ask): Record<string, CelValue> {
  const { kind, subresource, name, previous } = attributes;
  const authorizer = new CelAuthorizer(ask);
  return {
    object: toCelValue(shownObject(attributes) ?? null),
    oldObject: toCelValue(previous ?? null),
    request: toCelValue(requestOf(attributes, requested), admissionRequestType),
    namespaceObject: toCelValue(namespace ?? null),
    params: toCelValue(params ?? null),
    authorizer,
    "authorizer.requestResource": new CelResourceCheck(authorizer, {
      group: kind.group,
      resource: kind.resource,
      subresource,
      namespace: attributes.namespace,
      name,
    }),
  };
}

/** Answers what expressions ask of the authorizer, for the user of the request or for a ServiceAccount. */
export async function answerOf(authorizer: Authorizer, user: UserInfo, question: AuthorizationQuestion): Promise<AuthorizationAnswer> {
  const asker = question.serviceAccount === undefined ? user : userOf(question.serviceAccount);
  const { verb } = question;
  const { decision, reason } = await authorizer.authorize(
    "path" in question
      ? { user: asker, verb, path: question.path }
      : {
          user: asker,
          verb,
          path: "",
          resource: {
            group: question.group,
            version: "*",
            namespace: question.namespace,
            resource: question.resource,
            subresource: question.subresource,
            name: question.name,
          },
          ...(question.fieldSelector === "" ? {} : { fieldSelector: question.fieldSelector }),
          ...(question.labelSelector === "" ? {} : { labelSelector: question.labelSelector }),
        },
  );
  return { allowed: decision === "allow", reason };
}

function userOf(account: { readonly namespace: string; readonly name: string }): UserInfo {
  return authenticated(serviceAccountUser(account));
}
