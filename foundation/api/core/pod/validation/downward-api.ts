import { compareQuantities, type FieldError, invalid, notSupported, required } from "@kubets/machinery";
import type { ObjectFieldSelector, ResourceFieldSelector } from "../environment.ts";
import { validateQualifiedName } from "./formats.ts";

const knownFields: ReadonlySet<string> = new Set([
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.restartPolicy",
  "spec.serviceAccountName",
  "spec.schedulerName",
  "status.phase",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
]);

/** A field of the Pod, out of `supported`, or one label or annotation of it. */
export function validateObjectFieldSelector(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  field: string,
  supported: readonly string[],
): readonly FieldError[] {
  if (fieldPath === "") return [];
  const unreadable = (problem: string): FieldError => invalid(`${field}.fieldPath`, fieldPath, `error converting fieldPath: ${problem}`);
  if (apiVersion !== "v1") return [unreadable(`unsupported pod version: ${apiVersion}`)];
  const subscripted = splitSubscript(fieldPath);
  if (subscripted !== undefined) {
    const { path, subscript } = subscripted;
    if (path === "metadata.labels") return validateQualifiedName(subscript, field);
    if (path === "metadata.annotations") return validateQualifiedName(subscript.toLowerCase(), field);
    return [unreadable(`field label does not support subscript: ${fieldPath}`)];
  }
  const path = fieldPath === "spec.host" ? "spec.nodeName" : fieldPath;
  if (!knownFields.has(path)) return [unreadable(`field label not supported: ${fieldPath}`)];
  return supported.includes(path) ? [] : [notSupported(`${field}.fieldPath`, path, supported.toSorted())];
}

/** Splits `metadata.labels['app']`; `undefined` for a path without subscript. */
export function splitSubscript(fieldPath: string): { readonly path: string; readonly subscript: string } | undefined {
  const start = fieldPath.indexOf("['");
  if (start <= 0 || !fieldPath.endsWith("']") || start + 2 > fieldPath.length - 2) return undefined;
  return { path: fieldPath.slice(0, start), subscript: fieldPath.slice(start + 2, -2) };
}

const resourceFields = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];
const hugePages = /^(?:limits|requests)\.hugepages-/;
const byteDivisors = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/** A request or limit of a container. A volume does not belong to one, so it must name it. */
export function validateResourceFieldSelector(
  { containerName = "", resource, divisor }: ResourceFieldSelector,
  field: string,
  { needsContainer }: { readonly needsContainer: boolean },
): readonly FieldError[] {
  const errors = divisor === undefined ? [] : validateDivisor(resource, `${field}.divisor`, divisor);
  if (needsContainer && containerName === "") return [required(`${field}.containerName`), ...errors];
  if (resource === "" || resourceFields.includes(resource) || hugePages.test(resource)) return errors;
  return [notSupported(`${field}.resource`, resource, resourceFields), ...errors];
}

function validateDivisor(resource: string, field: string, divisor: string): readonly FieldError[] {
  if (compareQuantities(divisor, "0") === 0) return [];
  const refuse = (allowed: readonly string[], what: string, listed: string): readonly FieldError[] =>
    allowed.some((each) => compareQuantities(each, divisor) === 0)
      ? []
      : [invalid(field, resource, `only divisor's values ${listed} are supported with the ${what} resource`)];
  const bytes = byteDivisors.join(", ");
  if (resource.endsWith(".cpu")) return refuse(["1m", "1"], "cpu", "1m and 1");
  if (resource.endsWith(".memory")) return refuse(byteDivisors, "memory", bytes);
  if (resource.endsWith(".ephemeral-storage")) return refuse(byteDivisors, "local ephemeral storage", bytes);
  return hugePages.test(resource) ? refuse(byteDivisors, "hugepages", bytes) : [];
}
