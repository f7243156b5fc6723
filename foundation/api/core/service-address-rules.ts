import { duplicate, type FieldError, invalid, required } from "@kubets/machinery";
import { ipFamilyOf, validateIp } from "../ip-address.ts";
import { isHeadless } from "./service-defaults.ts";
import type { ServiceSpec } from "./service.ts";

const addressesField = "spec.clusterIPs";
const familiesField = "spec.ipFamilies";
const unchangeable = "may not change once set";

/** `clusterIP`, `clusterIPs` and `ipFamilies` must agree: at most one address of each family, in the order of the families. */
export function validateServiceAddresses(spec: ServiceSpec): readonly FieldError[] {
  if (spec.type === "ExternalName") return [];
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const malformed = validateEachAddress(clusterIPs);
  const standalone = [
    ...validateInStep(spec),
    ...ipFamilies.flatMap((family, index) => (ipFamilies.indexOf(family) < index ? [duplicate(`${familiesField}[${index}]`, family)] : [])),
    ...malformed,
    ...(clusterIPs.length > 2 ? [invalid(addressesField, clusterIPs, "may only hold up to 2 values")] : []),
  ];
  // With malformed addresses nothing sensible can be said of their families.
  return malformed.length > 0 ? standalone : [...standalone, ...validateFamilies(spec)];
}

function validateInStep({ clusterIP = "", clusterIPs = [] }: ServiceSpec): readonly FieldError[] {
  if (clusterIP === "") {
    return clusterIPs.length === 0 ? [] : [invalid(addressesField, clusterIPs, "must be empty when `clusterIP` is not specified")];
  }
  if (clusterIPs.length === 0) return [required(addressesField)];
  return clusterIPs[0] === clusterIP ? [] : [invalid(addressesField, clusterIPs, "first value must match `clusterIP`")];
}

function validateEachAddress(clusterIPs: readonly string[]): readonly FieldError[] {
  return clusterIPs.flatMap((address, index) => {
    if (index > 0 || address !== "None") return validateIp(address, `${addressesField}[${index}]`);
    return clusterIPs.length > 1 ? [invalid(addressesField, clusterIPs, "'None' must be the first and only value")] : [];
  });
}

function validateFamilies(spec: ServiceSpec): readonly FieldError[] {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  if (isHeadless(spec)) return [];
  const mismatched = clusterIPs.flatMap((address, index) => {
    const family = ipFamilies[index];
    return family === undefined || family === "" || family === ipFamilyOf(address)
      ? []
      : [invalid(`${addressesField}[${index}]`, address, `expected an ${family} value as indicated by \`ipFamilies[${index}]\``)];
  });
  const dualStack = clusterIPs.length < 2 || new Set(clusterIPs.map(ipFamilyOf)).size === 2;
  return [...(dualStack ? [] : [invalid(addressesField, clusterIPs, "may specify no more than one IP for each IP family")]), ...mismatched];
}

/** The first address and the first family stay; a second one may come, or go with the policy SingleStack. */
export function validateServiceAddressesUpdate(spec: ServiceSpec, previous: ServiceSpec): readonly FieldError[] {
  if (spec.type === "ExternalName" || previous.type === "ExternalName") return [];
  return [...validateAddressChange(spec, previous), ...validateFamilyChange(spec, previous)];
}

function validateAddressChange(spec: ServiceSpec, previous: ServiceSpec): readonly FieldError[] {
  if (isHeadless(spec) && isHeadless(previous)) return [];
  const { clusterIPs = [], ipFamilyPolicy } = spec;
  const before = previous.clusterIPs ?? [];
  const changed = (index: number): FieldError => invalid(`${addressesField}[${index}]`, clusterIPs, unchangeable);
  if (clusterIPs.length === before.length) {
    return before.flatMap((address, index) => (address === clusterIPs[index] ? [] : [changed(index)]));
  }
  const firstChanged = before.length > 0 && clusterIPs.length > 0 && clusterIPs[0] !== before[0] ? [changed(0)] : [];
  if (clusterIPs.length > before.length) return firstChanged;
  return [
    ...(clusterIPs.length === 0 ? [invalid(`${addressesField}[0]`, clusterIPs, "primary clusterIP can not be unset")] : []),
    ...firstChanged,
    ...(clusterIPs.length === 1 ? validateRelease(ipFamilyPolicy, "clusterIP") : []),
  ];
}

function validateFamilyChange(spec: ServiceSpec, previous: ServiceSpec): readonly FieldError[] {
  if (isHeadless(spec) || isHeadless(previous)) return [];
  const { ipFamilies = [], clusterIPs = [], ipFamilyPolicy } = spec;
  const before = previous.ipFamilies ?? [];
  const field = `${familiesField}[0]`;
  if (ipFamilies.length === before.length) {
    return before.flatMap((family, index) => (family === ipFamilies[index] ? [] : [invalid(field, ipFamilies, unchangeable)]));
  }
  const firstChanged =
    before.length > 0 && ipFamilies.length > 0 && ipFamilies[0] !== before[0] ? [invalid(field, clusterIPs, unchangeable)] : [];
  if (ipFamilies.length > before.length) return firstChanged;
  return [
    ...(clusterIPs.length === 0 ? [invalid(field, ipFamilies, "primary ipFamily can not be unset")] : []),
    ...firstChanged,
    ...(ipFamilies.length === 1 ? validateRelease(ipFamilyPolicy, "ipFamily") : []),
  ];
}

function validateRelease(policy: ServiceSpec["ipFamilyPolicy"], what: "clusterIP" | "ipFamily"): readonly FieldError[] {
  if (policy === "SingleStack") return [];
  return [invalid("spec.ipFamilyPolicy", policy, `must be set to 'SingleStack' when releasing the secondary ${what}`)];
}
