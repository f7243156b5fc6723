import {
  addQuantities,
  compareQuantities,
  duplicate,
  type FieldError,
  forbidden,
  formatQuantity,
  invalid,
  type Quantity,
  required,
  tooMany,
  wholeValue,
} from "@kubets/machinery";
import type { CapacityRequestPolicy, CapacityRequestPolicyRange } from "./device.ts";

/** How much of a capacity claims may ask for: of certain amounts, or within a range, and what they get by default is among it. */
export function validateRequestPolicy(capacity: Quantity, policy: CapacityRequestPolicy, path: string): readonly FieldError[] {
  const { default: byDefault, validValues = [], validRange } = policy;
  if (validValues.length > 0 && validRange !== undefined) {
    return [forbidden(path, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time')];
  }
  if (validValues.length > 0) {
    return byDefault === undefined
      ? [required(`${path}.default`, "required when validValues is defined")]
      : validateValues(byDefault, capacity, validValues, `${path}.validValues`);
  }
  if (validRange === undefined) return [];
  return byDefault === undefined
    ? [required(`${path}.default`, "required when validRange is defined")]
    : validateRange(byDefault, capacity, validRange, `${path}.validRange`);
}

const mostValues = 10;

function validateValues(byDefault: Quantity, capacity: Quantity, values: readonly Quantity[], path: string): readonly FieldError[] {
  const unsorted = values.flatMap((value, index) =>
    index > 0 && compareQuantities(values[index - 1]!, value) > 0
      ? [invalid(`${path}[${index}]`, value, "values must be sorted in ascending order")]
      : [],
  );
  if (values.length > mostValues) return [...unsorted, tooMany(path, values.length, mostValues)];
  const amounts = values.map((value) => wholeValue(value));
  return [
    ...unsorted,
    ...values.flatMap((value, index) =>
      compareQuantities(value, capacity) > 0
        ? [invalid(`${path}[${index}]`, value, `option is larger than capacity value: ${capacity}`)]
        : [],
    ),
    ...amounts.flatMap((amount, index) => (amounts.indexOf(amount) < index ? [duplicate(`${path}[${index}]`, String(amount))] : [])),
    ...(values.some((value) => compareQuantities(value, byDefault) === 0)
      ? []
      : [invalid(path, byDefault, "default value is not valid according to the requestPolicy")]),
  ];
}

function validateRange(byDefault: Quantity, capacity: Quantity, range: CapacityRequestPolicyRange, path: string): readonly FieldError[] {
  const { min, max, step } = range;
  // That there is a least amount is for the schema to say.
  if (min === undefined) return [];
  return [
    ...(compareQuantities(min, capacity) > 0 ? [invalid(`${path}.min`, min, `min is larger than capacity value: ${capacity}`)] : []),
    ...(compareQuantities(byDefault, min) < 0 ? [invalid(`${path}.min`, byDefault, `default is less than min: ${min}`)] : []),
    ...(max === undefined ? [] : validateMaximum(byDefault, capacity, min, max, `${path}.max`)),
    ...(step === undefined ? [] : validateStep(byDefault, capacity, { min, max, step }, `${path}.step`)),
  ];
}

function validateMaximum(byDefault: Quantity, capacity: Quantity, min: Quantity, max: Quantity, path: string): readonly FieldError[] {
  return [
    ...(compareQuantities(min, max) > 0 ? [invalid(path, min, `min is larger than max: ${max}`)] : []),
    ...(compareQuantities(max, capacity) > 0 ? [invalid(path, max, `max is larger than capacity value: ${capacity}`)] : []),
    ...(compareQuantities(byDefault, max) > 0 ? [invalid(path, byDefault, `default is more than max: ${max}`)] : []),
  ];
}

function validateStep(
  byDefault: Quantity,
  capacity: Quantity,
  { min, max, step }: { readonly min: Quantity; readonly max: Quantity | undefined; readonly step: Quantity },
  path: string,
): readonly FieldError[] {
  const first = addQuantities(min, step);
  const size = wholeValue(step);
  // Upstream divides by the step; a step of nothing has no multiples but none.
  const offStep = (value: Quantity): boolean => (size === 0 ? true : (wholeValue(value) - wholeValue(min)) % size !== 0);
  return [
    ...(compareQuantities(first, capacity) > 0
      ? [invalid(path, step, `one step ${formatQuantity(first)} is larger than capacity value: ${capacity}`)]
      : []),
    ...[byDefault, ...(max === undefined ? [] : [max])]
      .filter(offStep)
      .map((value) => invalid(path, value, `value is not a multiple of a given step (${step}) from (${min})`)),
  ];
}
