import { isObjectName } from "../../names.ts";
import { declare, method, type CallCosts, type Library } from "../declarations.ts";
import { addRanges, fixed, scaleRange, type Range } from "../estimates.ts";
import { CelSuspension, failure } from "../errors.ts";
import { listCost, sizeOf, structCost } from "../runtime-costs.ts";
import { traverse } from "../standard-estimates.ts";
import { boolType, opaqueType, stringType, type OpaqueType } from "../types.ts";
import { CelOpaque } from "../values.ts";

/** What an expression wants to know of somebody's permissions. The user is whoever made the request unless `serviceAccount` says other. */
export type AuthorizationQuestion = { readonly serviceAccount?: ServiceAccountName; readonly verb: string } & (
  | { readonly path: string }
  | {
      readonly group: string;
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
      /** As written; what cannot be parsed restricts nothing. */
      readonly fieldSelector: string;
      readonly labelSelector: string;
    }
);

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

export interface AuthorizationAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  /** Why no decision could be made. */
  readonly error?: string;
}

/** Answers at once. An embedder whose answers take time evaluates again with them: see `evaluateAsking`. */
export type Ask = (question: AuthorizationQuestion) => AuthorizationAnswer;

export const authorizerType: OpaqueType = opaqueType("kubernetes.authorization.Authorizer");
const pathCheckType: OpaqueType = opaqueType("kubernetes.authorization.PathCheck");
const groupCheckType: OpaqueType = opaqueType("kubernetes.authorization.GroupCheck");
export const resourceCheckType: OpaqueType = opaqueType("kubernetes.authorization.ResourceCheck");
const decisionType: OpaqueType = opaqueType("kubernetes.authorization.Decision");

/** Values of these types are equal only to themselves. */
abstract class Receiver extends CelOpaque {
  override equals(other: CelOpaque): boolean {
    return this === other;
  }
}

/** The variable `authorizer` of admission policies. */
export class CelAuthorizer extends Receiver {
  override readonly type: CelOpaque["type"] = authorizerType;
  readonly ask: Ask;
  readonly serviceAccount: ServiceAccountName | undefined;

  constructor(ask: Ask, serviceAccount?: ServiceAccountName) {
    super();
    this.ask = ask;
    this.serviceAccount = serviceAccount;
  }
}

class PathCheck extends Receiver {
  override readonly type: CelOpaque["type"] = pathCheckType;
  readonly authorizer: CelAuthorizer;
  readonly path: string;

  constructor(authorizer: CelAuthorizer, path: string) {
    super();
    this.authorizer = authorizer;
    this.path = path;
  }
}

class GroupCheck extends Receiver {
  override readonly type: CelOpaque["type"] = groupCheckType;
  readonly authorizer: CelAuthorizer;
  readonly group: string;

  constructor(authorizer: CelAuthorizer, group: string) {
    super();
    this.authorizer = authorizer;
    this.group = group;
  }
}

interface ResourceAttributes {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly fieldSelector: string;
  readonly labelSelector: string;
}

/** Also the variable `authorizer.requestResource`. */
export class CelResourceCheck extends Receiver {
  override readonly type: CelOpaque["type"] = resourceCheckType;
  readonly authorizer: CelAuthorizer;
  readonly attributes: ResourceAttributes;

  constructor(authorizer: CelAuthorizer, attributes: Partial<ResourceAttributes>) {
    super();
    this.authorizer = authorizer;
    this.attributes = {
      group: "",
      resource: "",
      subresource: "",
      namespace: "",
      name: "",
      fieldSelector: "",
      labelSelector: "",
      ...attributes,
    };
  }

  with(attributes: Partial<ResourceAttributes>): CelResourceCheck {
    return new CelResourceCheck(this.authorizer, { ...this.attributes, ...attributes });
  }
}

class Decision extends Receiver {
  override readonly type: CelOpaque["type"] = decisionType;
  readonly answer: AuthorizationAnswer;

  constructor(answer: AuthorizationAnswer) {
    super();
    this.answer = answer;
  }
}

/**
 * Evaluates what asks questions whose answers take time: each time a question is new the evaluation is given up, the answer awaited,
 * and the evaluation begun again with it. `evaluate` makes its authorizers of the `ask` that it is given.
 */
export async function evaluateAsking<T>(
  evaluate: (ask: Ask) => T,
  answer: (question: AuthorizationQuestion) => Promise<AuthorizationAnswer>,
): Promise<T> {
  const answers = new Map<string, AuthorizationAnswer>();
  for (;;) {
    const asked: AuthorizationQuestion[] = [];
    const ask: Ask = (question) => {
      const known = answers.get(JSON.stringify(question));
      if (known !== undefined) return known;
      asked.push(question);
      throw new CelSuspension();
    };
    try {
      const value = evaluate(ask);
      if (asked.length === 0) return value;
    } catch (error) {
      if (!(error instanceof CelSuspension)) throw error;
    }
    const [question] = asked as [AuthorizationQuestion];
    answers.set(JSON.stringify(question), await answer(question));
  }
}

/** So much that one expression can ask only twice. */
const checking: CallCosts = { actual: () => checkCost, estimate: () => ({ cost: fixed(checkCost) }) };
const checkCost = 350_000;

/** The shortest requirement of a selector is two characters long; each takes a list and an object. */
const selecting: CallCosts = {
  actual: ([, selector]) => selectorCost(fixed(sizeOf(selector!))).max,
  estimate: (_, [selector]) => ({ cost: selectorCost(selector!.size) }),
};

function selectorCost(size: Range): Range {
  return addRanges(fixed(listCost), traverse(size), scaleRange(scaleRange(size, 0.5), listCost + structCost));
}

function narrowed(name: keyof ResourceAttributes, id: string, costs?: CallCosts): Library["functions"][number] {
  return declare(
    name,
    method(
      id,
      [resourceCheckType, stringType],
      resourceCheckType,
      (check: CelResourceCheck, value: string) => check.with({ [name]: value }),
      costs,
    ),
  );
}

/** `authorizer.group('apps').resource('deployments').namespace('x').check('create').allowed()`. */
export const authorizerLibrary: Library = {
  types: Object.fromEntries(
    [authorizerType, pathCheckType, groupCheckType, resourceCheckType, decisionType].map((type) => [type.name, type]),
  ),
  functions: [
    declare("path", method("authorizer_path", [authorizerType, stringType], pathCheckType, pathCheck)),
    declare(
      "group",
      method(
        "authorizer_group",
        [authorizerType, stringType],
        groupCheckType,
        (authorizer: CelAuthorizer, group: string) => new GroupCheck(authorizer, group),
      ),
    ),
    declare(
      "serviceAccount",
      method("authorizer_serviceaccount", [authorizerType, stringType, stringType], authorizerType, serviceAccount),
    ),
    declare("resource", method("groupcheck_resource", [groupCheckType, stringType], resourceCheckType, resourceCheck)),
    narrowed("subresource", "resourcecheck_subresource"),
    narrowed("namespace", "resourcecheck_namespace"),
    narrowed("name", "resourcecheck_name"),
    narrowed("fieldSelector", "authorizer_fieldselector", selecting),
    narrowed("labelSelector", "authorizer_labelselector", selecting),
    declare(
      "check",
      method(
        "pathcheck_check",
        [pathCheckType, stringType],
        decisionType,
        ({ authorizer, path }: PathCheck, verb: string) => decide(authorizer, { path, verb }),
        checking,
      ),
      method(
        "resourcecheck_check",
        [resourceCheckType, stringType],
        decisionType,
        ({ authorizer, attributes }: CelResourceCheck, verb: string) => decide(authorizer, { ...attributes, verb }),
        checking,
      ),
    ),
    declare(
      "errored",
      method("decision_errored", [decisionType], boolType, ({ answer }: Decision) => answer.error !== undefined),
    ),
    declare(
      "error",
      method("decision_error", [decisionType], stringType, ({ answer }: Decision) => answer.error ?? ""),
    ),
    declare(
      "allowed",
      method("decision_allowed", [decisionType], boolType, ({ answer }: Decision) => answer.allowed),
    ),
    declare(
      "reason",
      method("decision_reason", [decisionType], stringType, ({ answer }: Decision) => answer.reason),
    ),
  ],
};

function pathCheck(authorizer: CelAuthorizer, path: string): PathCheck {
  if (path.trim() === "") throw failure("path must not be empty");
  return new PathCheck(authorizer, path);
}

function resourceCheck({ authorizer, group }: GroupCheck, resource: string): CelResourceCheck {
  if (resource.trim() === "") throw failure("resource must not be empty");
  return new CelResourceCheck(authorizer, { group, resource });
}

function serviceAccount({ ask }: CelAuthorizer, namespace: string, name: string): CelAuthorizer {
  if (isObjectName("dnsSubdomain", name).length > 0) throw failure("Invalid service account name");
  if (isObjectName("dnsLabel", namespace).length > 0) throw failure("Invalid service account namespace");
  return new CelAuthorizer(ask, { namespace, name });
}

function decide({ ask, serviceAccount: account }: CelAuthorizer, question: AuthorizationQuestion): Decision {
  return new Decision(ask(account === undefined ? question : { ...question, serviceAccount: account }));
}
