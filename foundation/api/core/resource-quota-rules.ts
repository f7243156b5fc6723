import { duplicate, type FieldError, invalid, parseQuantity, required } from "@kubets/machinery";
import { immutable } from "../immutable.ts";
import { isStandardResource, validateResourceName } from "./resource-names.ts";
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from "./resource-quota.ts";

export function validateResourceQuota({ spec }: ResourceQuota): readonly FieldError[] {
  return [
    ...Object.entries(spec.hard ?? {}).flatMap(([name, amount]) => validateAmount(name, amount)),
    ...validateScopes(spec),
    ...(spec.scopeSelector?.matchExpressions ?? []).flatMap((requirement, index) =>
      validateRequirement(requirement, `spec.scopeSelector.matchExpressions[${index}]`),
    ),
  ];
}

function validateAmount(name: string, amount: string): readonly FieldError[] {
  const path = `spec.hard[${name}]`;
  const problems = validateResourceName(name, path);
  return [
    ...problems,
    ...(problems.length === 0 && !name.includes("/") && !isStandardResource(name, "quota")
      ? [invalid(path, name, "must be a standard resource for quota")]
      : []),
    ...(parseQuantity(amount).nanos < 0n ? [invalid(path, amount, "must be greater than or equal to 0")] : []),
  ];
}

const opposites: readonly (readonly [string, string])[] = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
];

function validateScopes({ scopes = [], hard = {} }: ResourceQuotaSpec): readonly FieldError[] {
  const path = "spec.scopes";
  // Pods of the best effort have neither requests nor limits, so that nothing but their number can be limited.
  const limitsMore = scopes.includes("BestEffort") && Object.keys(hard).some((name) => name !== "pods" && name !== "count/pods");
  return [
    ...scopes.flatMap((scope, index) => (scopes.indexOf(scope) < index ? [duplicate(path, scopes)] : [])),
    ...opposites.flatMap(([one, other]) =>
      scopes.some((scope) => scope === one) && scopes.some((scope) => scope === other) ? [invalid(path, scopes, "conflicting scopes")] : [],
    ),
    ...(limitsMore ? [invalid(path, scopes, "unsupported scope applied to resource")] : []),
  ];
}

function validateRequirement({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement, path: string): readonly FieldError[] {
  const takesValues = operator === "In" || operator === "NotIn";
  const onlyExists = scopeName !== "PriorityClass" && scopeName !== "VolumeAttributesClass" && operator !== "Exists";
  return [
    ...(onlyExists
      ? [
          invalid(
            `${path}.operator`,
            operator,
            "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
          ),
        ]
      : []),
    ...(takesValues && values.length === 0
      ? [required(`${path}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")]
      : []),
    ...(!takesValues && values.length > 0
      ? [invalid(`${path}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")]
      : []),
  ];
}

/** The scopes of a quota never change. */
export function validateResourceQuotaUpdate({ spec }: ResourceQuota, previous: ResourceQuota): readonly FieldError[] {
  const [now, before] = [spec.scopes ?? [], previous.spec.scopes ?? []].map((scopes) => scopes.toSorted());
  return immutable("spec.scopes", now, before);
}
