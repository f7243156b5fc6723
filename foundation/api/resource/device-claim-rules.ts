import { type FieldError, invalid, isDnsSubdomain, notSupported, required } from "@kubets/machinery";
import { validateConfiguration, validateSelectors, validateToleration } from "./device-configuration-rules.ts";
import type { DeviceClaim, DeviceConstraint, DeviceRequest, DeviceSubRequest } from "./device-claim.ts";
import { validateFullyQualifiedName, validateItems, validateLabelName, validateSet } from "./device-names.ts";

export const mostRequests = 32;
const mostConstraints = 32;
export const mostConfigurations = 32;
const mostAlternatives = 8;
const mostTolerations = 16;

/** The names by which the requests of a claim can be referred to: its own, and those of alternatives as `request/alternative`. */
export function requestNames({ requests = [] }: DeviceClaim): ReadonlySet<string> {
  return new Set(requests.flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((each) => `${name}/${each.name}`)]));
}

export function validateDeviceClaim(claim: DeviceClaim, path: string): readonly FieldError[] {
  const { requests = [], constraints = [], config = [] } = claim;
  const names = requestNames(claim);
  return [
    ...validateSet(requests, mostRequests, `${path}.requests`, validateRequest, ({ name }) => name),
    ...validateItems(constraints, mostConstraints, `${path}.constraints`, (constraint, at) => validateConstraint(constraint, at, names)),
    ...validateItems(config, mostConfigurations, `${path}.config`, (each, at) => [
      ...validateRequestReferences(each.requests ?? [], `${at}.requests`, names),
      ...validateConfiguration(each, at),
    ]),
  ];
}

const exactlyOne = "exactly one of `exactly` or `firstAvailable` is required";

function validateRequest({ name, exactly, firstAvailable = [] }: DeviceRequest, path: string): readonly FieldError[] {
  const named = validateLabelName(name, `${path}.name`);
  if (exactly !== undefined && firstAvailable.length > 0) {
    return [...named, invalid(path, undefined, `${exactlyOne}, but multiple fields are set`)];
  }
  if (exactly !== undefined) return [...named, ...validateExactRequest(exactly, `${path}.exactly`)];
  if (firstAvailable.length === 0) return [...named, required(path, exactlyOne)];
  return [
    ...named,
    ...validateSet(
      firstAvailable,
      mostAlternatives,
      `${path}.firstAvailable`,
      (each, at) => [...validateLabelName(each.name, `${at}.name`), ...validateExactRequest(each, at)],
      (each) => each.name,
    ),
  ];
}

/** What a request and an alternative have in common. */
type Wanted = Pick<DeviceSubRequest, "deviceClassName" | "selectors" | "allocationMode" | "count" | "tolerations">;

function validateExactRequest(wanted: Wanted, path: string): readonly FieldError[] {
  const { deviceClassName: className, selectors = [], tolerations = [] } = wanted;
  return [
    ...(className === "" ? [] : isDnsSubdomain(className).map((message) => invalid(`${path}.deviceClassName`, className, message))),
    ...validateSelectors(selectors, `${path}.selectors`),
    ...validateAmount(wanted, path),
    ...validateItems(tolerations, mostTolerations, `${path}.tolerations`, validateToleration),
  ];
}

function validateAmount({ allocationMode = "", count = 0 }: Wanted, path: string): readonly FieldError[] {
  switch (allocationMode) {
    case "All":
      return count === 0 ? [] : [invalid(`${path}.count`, count, "must not be specified when allocationMode is 'All'")];
    case "ExactCount":
      return count > 0 ? [] : [invalid(`${path}.count`, count, "must be greater than zero")];
    default:
      return [notSupported(`${path}.allocationMode`, allocationMode, ["All", "ExactCount"])];
  }
}

function validateConstraint(constraint: DeviceConstraint, path: string, names: ReadonlySet<string>): readonly FieldError[] {
  const { requests = [], matchAttribute, distinctAttribute } = constraint;
  const needed = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
  return [
    ...validateRequestReferences(requests, `${path}.requests`, names),
    ...(matchAttribute === undefined ? [] : validateFullyQualifiedName(matchAttribute, `${path}.matchAttribute`)),
    ...(matchAttribute !== undefined || distinctAttribute === undefined
      ? []
      : validateFullyQualifiedName(distinctAttribute, `${path}.distinctAttribute`)),
    ...(matchAttribute === undefined && distinctAttribute === undefined ? [required(path, needed)] : []),
  ];
}

export function validateRequestReferences(requests: readonly string[], path: string, names: ReadonlySet<string>): readonly FieldError[] {
  return validateSet(
    requests,
    mostRequests,
    path,
    (request, at) => validateRequestReference(request, at, names),
    (request) => request,
  );
}

export function validateRequestReference(request: string, path: string, names: ReadonlySet<string>): readonly FieldError[] {
  const parts = request.split("/");
  const unknown = invalid(
    path,
    request,
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
  );
  if (parts.length > 2) return [unknown];
  return [...parts.flatMap((part) => validateLabelName(part, path)), ...(names.has(request) ? [] : [unknown])];
}
