import { type FieldError, invalid, isLabelValue, isQualifiedName } from "@kubets/machinery";
import type { Toleration } from "./taint.ts";

export function validateTolerations(tolerations: readonly Toleration[], field: string): readonly FieldError[] {
  return tolerations.flatMap((toleration, index) => validateToleration(toleration, `${field}[${index}]`));
}

function validateToleration(toleration: Toleration, field: string): readonly FieldError[] {
  const { key = "", operator, effect = "", tolerationSeconds } = toleration;
  return [
    ...(key === "" ? [] : isQualifiedName(key).map((problem) => invalid(`${field}.key`, key, problem))),
    ...(key === "" && operator !== "Exists"
      ? [
          invalid(
            `${field}.operator`,
            operator ?? "",
            'operator must be Exists when `key` is empty, which means "match all values and all keys"',
          ),
        ]
      : []),
    ...(tolerationSeconds !== undefined && effect !== "NoExecute"
      ? [invalid(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")]
      : []),
    ...validateValue(toleration, `${field}.operator`),
  ];
}

function validateValue({ operator = "Equal", value = "" }: Toleration, field: string): readonly FieldError[] {
  switch (operator) {
    case "Equal": {
      const problems = isLabelValue(value);
      return problems.length === 0 ? [] : [invalid(field, value, problems.join(";"))];
    }
    case "Exists":
      return value === "" ? [] : [invalid(field, value, "value must be empty when `operator` is 'Exists'")];
    case "Gt":
    case "Lt":
      return isWholeNumber(value) ? [] : [invalid(field, value, "value must be a valid integer when `operator` is 'Lt' or 'Gt'")];
  }
}

function isWholeNumber(text: string): boolean {
  return /^-?(?:0|[1-9]\d{0,18})$/.test(text);
}
