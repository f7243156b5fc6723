import {
  compareQuantities,
  duplicates,
  type FieldError,
  forbidden,
  invalid,
  isQualifiedName,
  parseQuantity,
  type Quantity,
  required,
} from "@kubets/machinery";
import type { LimitRange, LimitRangeItem } from "./limit-range.ts";
import { isStandardResource, mayBeOvercommitted, validateResourceName } from "./resource-names.ts";
import type { ResourceList } from "./shared/resource-requirements.ts";

const standardTypes: readonly string[] = ["Pod", "Container", "PersistentVolumeClaim"];

export function validateLimitRange({ spec }: LimitRange): readonly FieldError[] {
  const path = "spec.limits";
  return [
    ...spec.limits.flatMap((item, index) => validateItem(item, `${path}[${index}]`)),
    ...duplicates(path, spec.limits, ({ type }) => type, { child: "type" }),
  ];
}

function validateItem(item: LimitRangeItem, path: string): readonly FieldError[] {
  const resources = [...new Set(lists.flatMap((list) => Object.keys(item[list] ?? {})))];
  return [
    ...validateType(item.type, `${path}.type`),
    ...lists.flatMap((list) => Object.keys(item[list] ?? {}).flatMap((name) => validateName(item.type, name, `${path}.${list}[${name}]`))),
    ...(item.type === "Pod" ? validateNoDefaults(item, path) : []),
    ...(item.type === "PersistentVolumeClaim" && item.min?.["storage"] === undefined && item.max?.["storage"] === undefined
      ? [required(`${path}.limits`, "either minimum or maximum storage value is required, but neither was provided")]
      : []),
    ...resources.flatMap((resource) => validateOrder(item, resource, path)),
  ];
}

const lists = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;

function validateType(type: string, path: string): readonly FieldError[] {
  const problems = isQualifiedName(type).map((message) => invalid(path, type, message));
  if (problems.length > 0 || type.includes("/") || standardTypes.includes(type)) return problems;
  return [invalid(path, type, "must be a standard limit type or fully qualified")];
}

function validateName(type: string, name: string, path: string): readonly FieldError[] {
  const problems = validateResourceName(name, path);
  const isOfContainers = type === "Pod" || type === "Container";
  if (problems.length > 0 || !isOfContainers || name.includes("/") || isStandardResource(name, "container")) return problems;
  return [invalid(path, name, "must be a standard resource for containers")];
}

function validateNoDefaults(item: LimitRangeItem, path: string): readonly FieldError[] {
  return (["default", "defaultRequest"] as const)
    .filter((list) => Object.keys(item[list] ?? {}).length > 0)
    .map((list) => forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"));
}

/** The least, the default request, the default limit and the most must stand in that order. */
function validateOrder(item: LimitRangeItem, resource: string, path: string): readonly FieldError[] {
  const [min, max, limit, request, ratio] = [item.min, item.max, item.default, item.defaultRequest, item.maxLimitRequestRatio].map((list) =>
    amountOf(list, resource),
  );
  const refuse = (list: string, value: Quantity, why: string): FieldError => invalid(`${path}.${list}[${resource}]`, value, why);
  return [
    ...(isGreater(min, max) ? [refuse("min", min, `min value ${min} is greater than max value ${max}`)] : []),
    ...(isGreater(min, request)
      ? [refuse("defaultRequest", request!, `min value ${min} is greater than default request value ${request}`)]
      : []),
    ...(isGreater(request, max)
      ? [refuse("defaultRequest", request, `default request value ${request} is greater than max value ${max}`)]
      : []),
    ...(isGreater(request, limit)
      ? [refuse("defaultRequest", request, `default request value ${request} is greater than default limit value ${limit}`)]
      : []),
    ...(isGreater(min, limit) ? [refuse("default", min, `min value ${min} is greater than default value ${limit}`)] : []),
    ...(isGreater(limit, max) ? [refuse("default", max!, `default value ${limit} is greater than max value ${max}`)] : []),
    ...(isGreater("1", ratio) ? [refuse("maxLimitRequestRatio", ratio!, `ratio ${ratio} is less than 1`)] : []),
    ...(!mayBeOvercommitted(resource) &&
    limit !== undefined &&
    request !== undefined &&
    (isGreater(limit, request) || isGreater(request, limit))
      ? [refuse("defaultRequest", request, `default value ${limit} must equal to defaultRequest value ${request} in ${resource}`)]
      : []),
  ];
}

/** Nothing for what is no quantity: that is named by the schema. */
function amountOf(list: ResourceList | undefined, resource: string): Quantity | undefined {
  return list?.[resource];
}

function isGreater(one: Quantity | undefined, other: Quantity | undefined): one is Quantity {
  return one !== undefined && other !== undefined && compareQuantities(parseQuantity(one), parseQuantity(other)) > 0;
}
