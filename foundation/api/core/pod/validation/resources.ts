import {
  compareQuantities,
  duplicate,
  type FieldError,
  forbidden,
  formatQuantity,
  invalid,
  multiplyQuantity,
  notSupported,
  parseQuantity,
  type Quantity,
  quantityProblem,
  required,
  wholeValue,
} from "@kubets/machinery";
import type { ResourceClaim, ResourceList, ResourceRequirements } from "../../shared/resource-requirements.ts";
import type { PodSpec } from "../pod-spec.ts";
import { containerRequests, isPodLevelResource } from "../requests.ts";
import { isQualified, validateDnsLabel, validateQualifiedName } from "./formats.ts";

type ValidateName = (name: string, field: string) => readonly FieldError[];

export function validateContainerResources(
  resources: ResourceRequirements,
  field: string,
  claimNames: ReadonlySet<string>,
): readonly FieldError[] {
  return validateRequirements(resources, field, claimNames, validateContainerResourceName);
}

export function validateOverhead(overhead: ResourceList, field: string): readonly FieldError[] {
  return validateRequirements({ limits: overhead }, field, new Set(), validateContainerResourceName);
}

/** Resources of the whole Pod: enough for all of its containers, and no less than any one of them may use. */
export function validatePodResources(spec: PodSpec, field: string, claimNames: ReadonlySet<string>): readonly FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  return [
    ...(resources.claims === undefined ? [] : [forbidden(`${field}.claims`, "claims cannot be set for Resources at pod-level")]),
    ...validateRequirements(resources, field, claimNames, validatePodResourceName),
    ...validateConsistency(spec, field, resources),
  ];
}

function validateRequirements(
  { limits = {}, requests = {}, claims = [] }: ResourceRequirements,
  field: string,
  claimNames: ReadonlySet<string>,
  validateName: ValidateName,
): readonly FieldError[] {
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  const hugePagesAlone = names.some(isHugePage) && !names.includes("cpu") && !names.includes("memory");
  return [
    ...Object.entries(limits).flatMap(([name, quantity]) => validateEntry(name, `${field}.limits[${name}]`, quantity, validateName)),
    ...Object.entries(requests).flatMap(([name, quantity]) => [
      ...validateEntry(name, `${field}.requests[${name}]`, quantity, validateName),
      ...validateWithinLimit(name, field, quantity, limits[name]),
    ]),
    ...(hugePagesAlone ? [forbidden(field, "HugePages require cpu or memory")] : []),
    ...validateClaimNames(claims, `${field}.claims`, claimNames),
  ];
}

function validateEntry(name: string, field: string, quantity: Quantity, validateName: ValidateName): readonly FieldError[] {
  return [
    ...validateName(name, field),
    ...(quantity.startsWith("-") ? [invalid(field, quantity, "must be greater than or equal to 0")] : []),
    ...(isExtendedResource(name) && !isWhole(quantity) ? [invalid(field, quantity, "must be an integer")] : []),
    ...(isHugePage(name) && !isWholePages(name, quantity)
      ? [invalid(field, quantity, `${quantity} is not positive integer multiple of ${name}`)]
      : []),
  ];
}

function validateWithinLimit(name: string, field: string, request: Quantity, limit: Quantity | undefined): readonly FieldError[] {
  const overcommittable = isNative(name) && !isHugePage(name);
  if (limit === undefined) {
    return overcommittable ? [] : [required(`${field}.limits`, "Limit must be set for non overcommitable resources")];
  }
  if (request === limit) return [];
  const order = compareQuantities(request, limit);
  if (order !== 0 && !overcommittable) return [invalid(`${field}.requests`, request, `must be equal to ${name} limit of ${limit}`)];
  return order > 0 ? [invalid(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`)] : [];
}

/** Each claim once, as a whole or by different requests of it. */
function validateClaimNames(claims: readonly ResourceClaim[], field: string, claimNames: ReadonlySet<string>): readonly FieldError[] {
  const requestsOf = new Map<string, Set<string>>();
  return claims.flatMap(({ name, request = "" }, index) => {
    const at = `${field}[${index}]`;
    if (name === "") return [];
    const earlier = requestsOf.get(name) ?? new Set();
    requestsOf.set(name, earlier);
    const whole = earlier.has("");
    const key = whole || request === "" ? name : `${name}/${request}`;
    const repeated = whole || (request === "" ? earlier.size > 0 : earlier.has(request));
    earlier.add(request);
    return [
      ...(request === "" || whole ? [] : validateDnsLabel(request, `${at}.request`)),
      ...(repeated ? [duplicate(at, key)] : []),
      ...(claimNames.has(name) ? [] : [unknownClaim(name, at, claimNames)]),
    ];
  });
}

function unknownClaim(name: string, field: string, claimNames: ReadonlySet<string>): FieldError {
  const known = claimNames.size === 0 ? " which is empty" : `: ${[...claimNames].toSorted().join(", ")}`;
  return { type: "FieldValueNotFound", field, value: name, detail: `must be one of the names in pod.spec.resourceClaims${known}` };
}

function validateConsistency(spec: PodSpec, field: string, { requests = {}, limits = {} }: ResourceRequirements): readonly FieldError[] {
  const asked = [...containerRequests({ spec })].flatMap(([name, amount]) => {
    const available = requests[name] ?? "0";
    if (compareQuantities(amount, available) <= 0) return [];
    const detail = `must be greater than or equal to aggregate container requests of ${formatQuantity(amount)}`;
    return [invalid(`${field}.requests[${name}]`, available, detail)];
  });
  const limited = (spec.containers ?? []).flatMap(({ resources }, index) =>
    Object.entries(resources.limits ?? {}).flatMap(([name, limit]) => {
      const most = limits[name];
      if (most === undefined || compareQuantities(limit, most) <= 0) return [];
      return [invalid(`${field}.containers[${index}][${name}].limits`, limit, `must be less than or equal to pod limits of ${most}`)];
    }),
  );
  return [...asked, ...limited];
}

const standardResources: ReadonlySet<string> = new Set([
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "storage",
  "requests.storage",
  "services.nodeports",
  "services.loadbalancers",
]);
const containerResources: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

function validateResourceName(name: string, field: string): readonly FieldError[] {
  const errors = validateQualifiedName(name, field);
  if (errors.length > 0 || name.includes("/")) return errors;
  if (standardResources.has(name) || isHugePage(name) || name.startsWith("requests.hugepages-")) return [];
  return [invalid(field, name, "must be a standard resource type or fully qualified")];
}

function validateContainerResourceName(name: string, field: string): readonly FieldError[] {
  if (containerResources.has(name)) return [];
  const errors = validateResourceName(name, field);
  if (!name.includes("/")) {
    return isHugePage(name) ? errors : [...errors, invalid(field, name, "must be a standard resource for containers")];
  }
  if (isNative(name) || isExtendedResource(name)) return errors;
  return [...errors, invalid(field, name, "doesn't follow extended resource name standard")];
}

function validatePodResourceName(name: string, field: string): readonly FieldError[] {
  const errors = validateResourceName(name, field);
  if (errors.length > 0 || isPodLevelResource(name)) return errors;
  return [notSupported(field, name, ["cpu", "hugepages-", "memory"])];
}

function isHugePage(name: string): boolean {
  return name.startsWith("hugepages-");
}

/** Kubernetes' own resources: without a domain, or with its. */
function isNative(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

/** Resources that devices bring, such as `vendor.example/gpu`; they come whole. */
export function isExtendedResource(name: string): boolean {
  return !isNative(name) && !name.startsWith("requests.") && isQualified(`requests.${name}`);
}

function isWhole(quantity: Quantity): boolean {
  return parseQuantity(quantity).nanos % 1_000_000_000n === 0n;
}

function isWholePages(name: string, quantity: Quantity): boolean {
  const size = name.slice("hugepages-".length);
  if (quantityProblem(size) !== undefined) return false;
  if (parseQuantity(size).nanos <= 0n || !isWhole(size)) return false;
  const pages = wholeValue(quantity) / wholeValue(size);
  return Number.isInteger(pages) && compareQuantities(multiplyQuantity(size, pages), quantity) >= 0;
}
