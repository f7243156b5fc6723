import {
  NamespaceKind,
  type ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBindingKind,
  ValidatingAdmissionPolicyKind,
} from "@kubets/api";
import type { ValidatingAdmissionPolicyBinding } from "@kubets/api";
import { type Kind, StatusError, type StatusReason, type UserInfo } from "@kubets/machinery";
import { type AuthorizationAnswer, type AuthorizationQuestion, evaluateAsking } from "@kubets/machinery/cel";
import { serviceAccountGroups, serviceAccountUserName } from "../../authentication/users.ts";
import type { AdmissionAttributes, AdmissionPlugin, Authorizer, ObjectReader } from "../../contracts.ts";
import { refusal } from "../refusal.ts";
import { compiledPolicy } from "./compiled-policy.ts";
import { evaluatePolicy, type Objection } from "./evaluate-policy.ts";
import { matchesResources } from "./matching.ts";
import { paramsOf } from "./params.ts";

export interface ValidatingAdmissionPolicyOptions {
  readonly reader: ObjectReader;
  readonly authorizer: Authorizer;
  /** All that may be parameters. */
  readonly kinds: () => readonly Kind[];
}

/** Policies, their bindings and webhook configurations are never judged by policies: a wrong one could not be taken away. */
const exempt: ReadonlySet<string> = new Set([
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
]);

/** Asks the expressions of every ValidatingAdmissionPolicy that a binding puts into effect for a request. */
export function validatingAdmissionPolicy({ reader, authorizer, kinds }: ValidatingAdmissionPolicyOptions): AdmissionPlugin {
  let loaded = false;
  return {
    name: "ValidatingAdmissionPolicy",
    validate(attributes) {
      const { kind } = attributes;
      if (kind.group === ValidatingAdmissionPolicyKind.group && exempt.has(kind.resource)) return;
      // Most clusters have no policies: then nothing is waited for.
      if (loaded && reader.list(ValidatingAdmissionPolicyBindingKind, "").length === 0) return;
      return judge(attributes);
    },
  };

  async function judge(attributes: AdmissionAttributes): Promise<void> {
    await Promise.all([
      reader.ready(ValidatingAdmissionPolicyKind),
      reader.ready(ValidatingAdmissionPolicyBindingKind),
      reader.ready(NamespaceKind),
    ]);
    loaded = true;
    let refused: StatusError | undefined;
    for (const binding of reader.list(ValidatingAdmissionPolicyBindingKind, "")) {
      const policy = reader.get(ValidatingAdmissionPolicyKind, "", binding.spec.policyName);
      if (policy === undefined || !matchesResources(policy.spec.matchConstraints, attributes, reader)) continue;
      if (!matchesResources(binding.spec.matchResources, attributes, reader)) continue;
      for (const objection of await objections(policy, binding, attributes))
        refused = earlier(refused, act(policy, binding, attributes, objection));
    }
    if (refused !== undefined) throw refused;
  }

  async function objections(
    policy: ValidatingAdmissionPolicy,
    binding: ValidatingAdmissionPolicyBinding,
    attributes: AdmissionAttributes,
  ): Promise<readonly Objection[]> {
    const { failurePolicy, paramKind } = policy.spec;
    const { namespace } = attributes;
    const params = await paramsOf(paramKind, binding.spec.paramRef, namespace, { reader, kinds: kinds() });
    if (typeof params === "string") {
      return failurePolicy === "Fail" ? [{ message: `failed to configure binding: ${params}`, reason: undefined }] : [];
    }
    const compiled = compiledPolicy(policy);
    const found: Objection[] = [];
    for (const each of params) {
      const own = isNamespace(attributes) || namespace === "" ? undefined : reader.get(NamespaceKind, "", namespace);
      const input = { attributes, params: each, namespace: own, failurePolicy };
      found.push(
        ...(await evaluateAsking(
          (ask) => evaluatePolicy(compiled, input, ask),
          (question) => answer(attributes.user, question),
        )),
      );
    }
    return found;
  }

  async function answer(user: UserInfo, question: AuthorizationQuestion): Promise<AuthorizationAnswer> {
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
}

/** The first refusal is answered; those after it have warned at most. */
function earlier(first: StatusError | undefined, second: StatusError | undefined): StatusError | undefined {
  return first ?? second;
}

function isNamespace({ kind }: AdmissionAttributes): boolean {
  return kind.group === "" && kind.resource === "namespaces";
}

function userOf(account: { readonly namespace: string; readonly name: string }): UserInfo {
  return { name: serviceAccountUserName(account), groups: [...serviceAccountGroups(account.namespace), "system:authenticated"] };
}

/** Warns, or answers the refusal, as the binding says; what is to be audited only is left to the audit log. */
function act(
  policy: ValidatingAdmissionPolicy,
  binding: ValidatingAdmissionPolicyBinding,
  attributes: AdmissionAttributes,
  { message, reason }: Objection,
): StatusError | undefined {
  const { validationActions } = binding.spec;
  const [policyName, bindingName] = [policy.metadata.name, binding.metadata.name];
  if (validationActions.includes("Warn")) {
    attributes.warn(`Validation failed for ValidatingAdmissionPolicy '${policyName}' with binding '${bindingName}': ${message}`);
  }
  if (!validationActions.includes("Deny")) return undefined;
  const because = `ValidatingAdmissionPolicy '${policyName}' with binding '${bindingName}' denied request: ${message}`;
  const refused = refusal(attributes, because, [{ message: because }]);
  const given = (reason ?? "Invalid") as StatusReason;
  return new StatusError(codes[given] ?? 422, given, refused.message, refused.details === undefined ? {} : { details: refused.details });
}

const codes: Readonly<Record<string, number>> = { Unauthorized: 401, Forbidden: 403, RequestEntityTooLarge: 413, Invalid: 422 };
