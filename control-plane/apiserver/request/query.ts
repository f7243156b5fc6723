import { badRequest, type FieldError, forbidden, invalid, invalidObject, notSupported, required, tooLong } from "@kubets/machinery";

/** What list, watch and deletecollection may ask for, read from the query. */
export interface ListOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly watch: boolean;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  /** `""` when not given. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly limit: number;
  readonly continue: string;
  readonly timeoutSeconds: number | undefined;
}

/** Throws `BadRequest` for what can't be read, `Invalid` for what doesn't go together, in upstream's words. */
export function listOptionsOf(query: URLSearchParams, isWatch: boolean): ListOptions {
  const options: ListOptions = {
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: query.get("fieldSelector") ?? "",
    watch: isWatch,
    allowWatchBookmarks: booleanOf(query, "allowWatchBookmarks") ?? false,
    sendInitialEvents: booleanOf(query, "sendInitialEvents"),
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
    limit: integerOf(query, "limit") ?? 0,
    continue: query.get("continue") ?? "",
    timeoutSeconds: integerOf(query, "timeoutSeconds"),
  };
  const errors = isWatch ? watchErrors(options) : listErrors(options);
  if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
  return options;
}

function listErrors({
  resourceVersionMatch: match,
  resourceVersion,
  continue: token,
  sendInitialEvents,
}: ListOptions): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (match !== "") {
    if (resourceVersion === "")
      errors.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"));
    if (token !== "") errors.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
    if (match !== "Exact" && match !== "NotOlderThan")
      errors.push(notSupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]));
    if (match === "Exact" && resourceVersion === "0") {
      errors.push(forbidden("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (sendInitialEvents !== undefined) errors.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  return errors;
}

function watchErrors({ resourceVersionMatch: match, continue: token, sendInitialEvents }: ListOptions): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    errors.push(forbidden("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  }
  if (match !== "") {
    if (sendInitialEvents === undefined) {
      errors.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
    }
    if (match !== "NotOlderThan") errors.push(notSupported("resourceVersionMatch", match, ["NotOlderThan"]));
    if (token !== "") errors.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
  }
  return errors;
}

export type FieldValidation = "Strict" | "Warn" | "Ignore";

/** What create, update and patch may ask for. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  readonly fieldManager: string;
  readonly force: boolean | undefined;
}

export function writeOptionsOf(
  query: URLSearchParams,
  kind: WriteOptionsKind,
  { isApply = false }: { readonly isApply?: boolean } = {},
): WriteOptions {
  let known = knownOptions.get(query);
  if (known === undefined) knownOptions.set(query, (known = {}));
  return (known[isApply ? "ApplyOptions" : kind] ??= readWriteOptions(query, kind, isApply));
}

type WriteOptionsKind = "CreateOptions" | "UpdateOptions" | "PatchOptions";

// What the same query says.
const knownOptions = new WeakMap<URLSearchParams, Partial<Record<WriteOptionsKind | "ApplyOptions", WriteOptions>>>();

function readWriteOptions(query: URLSearchParams, kind: WriteOptionsKind, isApply: boolean): WriteOptions {
  const dryRun = query.getAll("dryRun");
  const fieldValidation = query.get("fieldValidation") ?? "";
  const fieldManager = query.get("fieldManager") ?? "";
  const force = booleanOf(query, "force");
  const errors: FieldError[] = [];
  if (isApply && fieldManager === "") errors.push(required("fieldManager", "is required for apply patch"));
  if (kind === "PatchOptions" && !isApply && force !== undefined)
    errors.push(forbidden("force", "may not be specified for non-apply patch"));
  errors.push(...fieldManagerErrors(fieldManager), ...dryRunErrors(dryRun));
  if (!["", "Ignore", "Strict", "Warn"].includes(fieldValidation)) {
    errors.push(notSupported("fieldValidation", fieldValidation, ["", "Ignore", "Strict", "Warn"]));
  }
  if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", kind }, "", errors);
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: (fieldValidation === "" ? "Warn" : fieldValidation) as FieldValidation,
    fieldManager,
    force,
  };
}

export function dryRunErrors(dryRun: readonly string[]): readonly FieldError[] {
  return dryRun.every((value) => value === "All") ? [] : [notSupported("dryRun", dryRun, ["All"])];
}

function fieldManagerErrors(fieldManager: string): readonly FieldError[] {
  if (fieldManager.length > 128) return [tooLong("fieldManager", 128)];
  // oxlint-disable-next-line no-control-regex
  const unprintable = /[\u0000-\u001f\u007f-\u009f]/.exec(fieldManager);
  if (unprintable === null) return [];
  const code = unprintable[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return [invalid("fieldManager", fieldManager, `invalid character U+${code} (at position ${unprintable.index})`)];
}

/** As upstream reads query parameters: whatever does not say no says yes. */
export function booleanOf(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  return value !== "false" && value !== "0";
}

export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  const number = Number(value);
  if (!/^[+-]?\d+$/.test(value) || !Number.isSafeInteger(number)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  return number;
}

/** Reads a resourceVersion that must be a number. `field` is where it stands. */
export function parseResourceVersion(text: string, field = "resourceVersion"): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw invalidObject({ group: "", kind: "" }, "", [
      invalid(field, text, `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`),
    ]);
  }
  return value;
}
