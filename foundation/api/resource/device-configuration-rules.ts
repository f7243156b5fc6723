import { byteLength, type FieldError, invalid, isLabelValue, isQualifiedName, required, tooLong } from "@kubets/machinery";
import type { DeviceConfiguration, DeviceSelector, DeviceTaint, DeviceToleration } from "./device-configuration.ts";
import { validateDriverName, validateItems, validateOpaque } from "./device-names.ts";

const mostSelectors = 32;
const longestExpression = 10 * 1024;
const mostParameterBytes = 10 * 1024;

/** The expressions are compiled by whoever chooses devices by them. */
export function validateSelectors(selectors: readonly DeviceSelector[], path: string): readonly FieldError[] {
  return validateItems(selectors, mostSelectors, path, ({ cel }, at) => {
    if (cel === undefined) return [required(`${at}.cel`)];
    return byteLength(cel.expression) > longestExpression ? [tooLong(`${at}.cel.expression`, longestExpression)] : [];
  });
}

export function validateConfiguration({ opaque }: DeviceConfiguration, path: string): readonly FieldError[] {
  if (opaque === undefined) return [required(`${path}.opaque`)];
  return [
    ...validateDriverName(opaque.driver, `${path}.opaque.driver`),
    ...validateOpaque(opaque.parameters, mostParameterBytes, `${path}.opaque.parameters`),
  ];
}

export function validateTaint({ key, value = "" }: DeviceTaint, path: string): readonly FieldError[] {
  return [
    ...(key === "" ? [] : isQualifiedName(key).map((message) => invalid(`${path}.key`, key, message))),
    ...isLabelValue(value).map((message) => invalid(`${path}.value`, value, message)),
  ];
}

export function validateToleration({ key = "", operator, value = "" }: DeviceToleration, path: string): readonly FieldError[] {
  const existsWithValue = operator === "Exists" && value !== "";
  return [
    ...(key === "" ? [] : isQualifiedName(key).map((message) => invalid(`${path}.key`, key, message))),
    ...(existsWithValue ? [invalid(`${path}.value`, value, "must be empty for operator `Exists`")] : []),
    ...(operator === "Equal" ? isLabelValue(value).map((message) => invalid(`${path}.value`, value, message)) : []),
    ...(key === "" && operator === "Equal"
      ? [invalid(`${path}.operator`, operator, 'operator must be Exists when `key` is empty, which means "match all values and all keys"')]
      : []),
  ];
}
