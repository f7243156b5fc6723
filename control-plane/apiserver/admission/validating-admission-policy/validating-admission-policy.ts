import {
  NamespaceKind,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicyBindingKind,
  ValidatingAdmissionPolicyKind,
} from "@kubets/api";
import { type Kind, StatusError, type StatusReason } from "@kubets/machinery";
import { evaluateAsking } from "@kubets/machinery/cel";
import type { AdmissionAttributes, AdmissionPlugin, Authorizer, ObjectReader } from "../../contracts.ts";
import { answerOf } from "../expressions/bindings.ts";
import { isAdmissionConfiguration } from "../matching/exempt.ts";
import { invocationsFor, type PolicyInvocation, subjectOf } from "../policies/policy-invocations.ts";
import { refusal } from "../refusal.ts";
import { compiledPolicy } from "./compiled-policy.ts";
import { evaluatePolicy, type Objection } from "./evaluate-policy.ts";

export interface AdmissionPolicyOptions {
  readonly reader: ObjectReader;
  readonly authorizer: Authorizer;
  /** All that may be parameters, and all versions of what is looked at. */
  readonly kinds: () => readonly Kind[];
}

const kindsOf = { policy: ValidatingAdmissionPolicyKind, binding: ValidatingAdmissionPolicyBindingKind } as const;

/** Asks the expressions of every ValidatingAdmissionPolicy that a binding puts into effect for a request. */
export function validatingAdmissionPolicy({ reader, authorizer, kinds }: AdmissionPolicyOptions): AdmissionPlugin {
  let loaded = false;
  return {
    name: "ValidatingAdmissionPolicy",
    validate(attributes) {
      if (isAdmissionConfiguration(attributes.kind)) return;
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
    for (const invocation of invocationsFor(kindsOf, attributes, { reader, kinds: kinds() }))
      for (const objection of await objections(invocation, attributes)) {
        // The first refusal is answered; those after it have warned at most.
        const answer = act(invocation, attributes, objection);
        refused ??= answer;
      }
    if (refused !== undefined) throw refused;
  }

  async function objections(
    invocation: PolicyInvocation<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>,
    attributes: AdmissionAttributes,
  ): Promise<readonly Objection[]> {
    const { policy } = invocation;
    const { failurePolicy } = policy.spec;
    const { params, ...subject } = await subjectOf(invocation, attributes, { reader, kinds: kinds() });
    if (typeof params === "string") {
      return failurePolicy === "Fail" ? [{ message: `failed to configure binding: ${params}`, reason: undefined }] : [];
    }
    const compiled = compiledPolicy(policy);
    const found: Objection[] = [];
    for (const each of params) {
      found.push(
        ...(await evaluateAsking(
          (ask) => evaluatePolicy(compiled, { ...subject, params: each, failurePolicy }, ask),
          (question) => answerOf(authorizer, attributes.user, question),
        )),
      );
    }
    return found;
  }
}

/** Warns, or answers the refusal, as the binding says; what is to be audited only is left to the audit log. */
function act(
  { policy, binding }: PolicyInvocation<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>,
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
