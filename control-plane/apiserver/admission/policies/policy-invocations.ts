import { type MatchResources, NamespaceKind, type ParamKind, type ParamRef } from "@kubets/api";
import type { Kind, KubernetesObject } from "@kubets/machinery";
import type { AdmissionAttributes, ObjectReader } from "../../contracts.ts";
import { matchedByResources } from "../matching/matching.ts";
import { attributesIn } from "../matching/versions.ts";
import { paramsOf } from "./params.ts";

interface AnyPolicy extends KubernetesObject {
  readonly spec: { readonly paramKind?: ParamKind; readonly matchConstraints?: MatchResources };
}
interface AnyBinding extends KubernetesObject {
  readonly spec: { readonly policyName?: string; readonly paramRef?: ParamRef; readonly matchResources?: MatchResources };
}

/** A policy that a binding puts into effect for a request. */
export interface PolicyInvocation<Policy, Binding> {
  readonly policy: Policy;
  readonly binding: Binding;
  /** The version of the request's resource that the policy is about. */
  readonly kind: Kind;
}

/** What an invocation's expressions are about. */
export interface PolicySubject {
  /** The request in the version that the policy is about. */
  readonly attributes: AdmissionAttributes;
  readonly requested: Kind;
  /** One for each evaluation; `[null]` where the policy has none. A text when something is wrong with them. */
  readonly params: readonly unknown[] | string;
  readonly namespace: KubernetesObject | undefined;
}

export interface PolicyContext {
  readonly reader: ObjectReader;
  readonly kinds: readonly Kind[];
}

/** The policies in effect for a request, by the names of policies and then of bindings. */
export function invocationsFor<Policy extends AnyPolicy, Binding extends AnyBinding>(
  kinds: { readonly policy: Kind<Policy>; readonly binding: Kind<Binding> },
  attributes: AdmissionAttributes,
  context: PolicyContext,
): readonly PolicyInvocation<Policy, Binding>[] {
  return context.reader
    .list(kinds.binding, "")
    .flatMap((binding) => {
      const policy = context.reader.get(kinds.policy, "", binding.spec.policyName ?? "");
      if (policy === undefined) return [];
      const kind = matchedByResources(policy.spec.matchConstraints, attributes, context);
      if (kind === undefined || matchedByResources(binding.spec.matchResources, attributes, context) === undefined) return [];
      return [{ policy, binding, kind }];
    })
    .toSorted((a, b) => byName(a.policy, b.policy) || byName(a.binding, b.binding));
}

function byName(a: KubernetesObject, b: KubernetesObject): number {
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;
}

export async function subjectOf(
  { policy, binding, kind }: PolicyInvocation<AnyPolicy, AnyBinding>,
  attributes: AdmissionAttributes,
  { reader, kinds }: PolicyContext,
): Promise<PolicySubject> {
  const { namespace } = attributes;
  const isNamespace = attributes.kind.group === "" && attributes.kind.resource === "namespaces";
  return {
    attributes: await attributesIn(attributes, kind),
    requested: attributes.kind,
    params: await paramsOf(policy.spec.paramKind, binding.spec.paramRef, namespace, { reader, kinds }),
    namespace: isNamespace || namespace === "" ? undefined : reader.get(NamespaceKind, "", namespace),
  };
}
