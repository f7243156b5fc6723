import {
  type MutatingAdmissionPolicy,
  type MutatingAdmissionPolicyBinding,
  MutatingAdmissionPolicyBindingKind,
  MutatingAdmissionPolicyKind,
} from "@kubets/api";
import { decodeAsKind, type KubernetesObject, sameJson } from "@kubets/machinery";
import { type Ask, evaluateAsking, runtimeCostBudget } from "@kubets/machinery/cel";
import type { AdmissionPlugin, MutatingAttributes } from "../../contracts.ts";
import { answerOf, bindingsOf, type ExpressionInput } from "../expressions/bindings.ts";
import { Budget, Problem } from "../expressions/budget.ts";
import { conditionsHold } from "../expressions/conditions.ts";
import { variablesOf } from "../expressions/variables.ts";
import { isAdmissionConfiguration } from "../matching/exempt.ts";
import { convertedTo } from "../matching/versions.ts";
import { invocationsFor, type PolicyInvocation, subjectOf } from "../policies/policy-invocations.ts";
import { refusal } from "../refusal.ts";
import { Reinvocation } from "../reinvocation.ts";
import type { AdmissionPolicyOptions } from "../validating-admission-policy/validating-admission-policy.ts";
import { applyMutation } from "./apply-mutation.ts";
import { compiledMutatingPolicy, type CompiledMutatingPolicy, type CompiledMutation } from "./compiled-mutations.ts";

const pluginName = "MutatingAdmissionPolicy";
const kindsOf = { policy: MutatingAdmissionPolicyKind, binding: MutatingAdmissionPolicyBindingKind } as const;

type Invocation = PolicyInvocation<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>;

/**
 * Changes objects as the MutatingAdmissionPolicies say that bindings put into effect, one after the other, each on the object as those before
 * it made it. When something changes the object after a policy that asks for it, that one is applied once more.
 */
export function mutatingAdmissionPolicy({ reader, authorizer, kinds }: AdmissionPolicyOptions): AdmissionPlugin {
  return {
    name: pluginName,
    mutate(attributes) {
      if (isAdmissionConfiguration(attributes.kind)) return attributes.object;
      // Most clusters have no policies: then nothing is waited for.
      if (reader.list(MutatingAdmissionPolicyBindingKind, "").length === 0) return attributes.object;
      return mutateAll(attributes);
    },
  };

  async function mutateAll(attributes: MutatingAttributes): Promise<KubernetesObject> {
    const reinvocation = Reinvocation.begin(attributes.round, pluginName, attributes.object);
    let object: KubernetesObject = attributes.object;
    for (const invocation of invocationsFor(kindsOf, attributes, { reader, kinds: kinds() })) {
      const { policy, binding } = invocation;
      const id = `${policy.metadata.name}/${binding.metadata.name}`;
      if (reinvocation.skips(id)) continue;
      const changed = await mutateBy(invocation, { ...attributes, object });
      reinvocation.took(id, { changed: changed !== object, asksAgain: policy.spec.reinvocationPolicy === "IfNeeded" });
      object = changed;
    }
    return reinvocation.end(object);
  }

  /** The object as a policy changes it, once for each of its parameters. */
  async function mutateBy(invocation: Invocation, attributes: MutatingAttributes): Promise<KubernetesObject> {
    const { policy, kind } = invocation;
    const refuse = (problem: string): KubernetesObject => {
      if (policy.spec.failurePolicy === "Ignore") return attributes.object;
      const [name, binding] = [policy.metadata.name, invocation.binding.metadata.name];
      const because = `policy '${name}' with binding '${binding}' denied request: ${problem}`;
      throw refusal(attributes, because, [{ message: because }]);
    };
    const { params, ...subject } = await subjectOf(invocation, attributes, { reader, kinds: kinds() });
    if (typeof params === "string") return refuse(`failed to configure binding: ${params}`);
    const compiled = compiledMutatingPolicy(policy);
    let object = subject.attributes.object ?? attributes.object;
    for (const each of params) {
      const input = { ...subject, attributes: { ...subject.attributes, object }, params: each };
      const ask = (ask: Ask): "not concerned" | undefined | Problem => concerned(compiled, input, ask);
      const answer = (question: Parameters<typeof answerOf>[2]): ReturnType<typeof answerOf> =>
        answerOf(authorizer, attributes.user, question);
      const outcome = await evaluateAsking(ask, answer);
      if (outcome instanceof Problem) return refuse(outcome.message);
      if (outcome === "not concerned") continue;
      const budget = new Budget(runtimeCostBudget);
      for (const mutation of compiled.mutations) {
        const current = { ...input, attributes: { ...input.attributes, object } };
        const wanted = await evaluateAsking((asking) => mutated(compiled, mutation, { input: current, kind, budget }, asking), answer);
        if (wanted instanceof Problem) return refuse(wanted.message);
        object = decodeAsKind(kind, wanted).object;
      }
    }
    const complete = attributes.round.complete(await convertedTo(attributes.kind, object, kind), attributes.object);
    return sameJson(complete, attributes.object) ? attributes.object : complete;
  }
}

function concerned({ conditions }: CompiledMutatingPolicy, input: ExpressionInput, ask: Ask): "not concerned" | undefined | Problem {
  const holds = conditionsHold(conditions, () => bindingsOf(input, ask));
  if (holds instanceof Problem) return holds;
  return holds ? undefined : "not concerned";
}

interface MutationInput {
  readonly input: ExpressionInput;
  readonly kind: Parameters<typeof applyMutation>[1]["kind"];
  readonly budget: Budget;
}

function mutated(
  { variables }: CompiledMutatingPolicy,
  mutation: CompiledMutation,
  { input, kind, budget }: MutationInput,
  ask: Ask,
): unknown {
  const bindings = bindingsOf(input, ask);
  const complete = { ...bindings, variables: variablesOf(variables, bindings, budget) };
  return applyMutation(mutation, { object: input.attributes.object!, kind, bindings: complete, budget });
}
