import type { Time } from "@kubets/machinery";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionStatus,
} from "./custom-resource-definition.ts";

export type DefinitionConditionType =
  | "Established"
  | "NamesAccepted"
  | "NonStructuralSchema"
  | "Terminating"
  | "KubernetesAPIApprovalPolicyConformant"
  | "StorageMigrating";

export function definitionCondition(
  { status: { conditions = [] } }: CustomResourceDefinition,
  type: DefinitionConditionType,
): CustomResourceDefinitionCondition | undefined {
  return conditions.find((each) => each.type === type);
}

export function isDefinitionCondition(definition: CustomResourceDefinition, type: DefinitionConditionType): boolean {
  return definitionCondition(definition, type)?.status === "True";
}

/** The status with a condition; its time is that of the last change of its status. */
export function withCondition(
  status: CustomResourceDefinitionStatus,
  condition: Omit<CustomResourceDefinitionCondition, "lastTransitionTime">,
  now: Time,
): CustomResourceDefinitionStatus {
  const { conditions = [] } = status;
  const before = conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime = before?.status === condition.status ? (before.lastTransitionTime ?? now) : now;
  const { type, status: value, ...rest } = condition;
  const after = { type, status: value, lastTransitionTime, ...rest };
  const next = before === undefined ? [...conditions, after] : conditions.map((each) => (each === before ? after : each));
  return { ...status, conditions: next };
}
