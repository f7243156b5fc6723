import { byteLength } from "./byte-length.ts";
import { type FieldError, forbidden, invalid, mostErrors, notSupported, required, tooLong } from "./field-errors.ts";
import type { Kind } from "./kind.ts";
import type { LabelSelector, LabelSelectorRequirement, ManagedFieldsEntry, ObjectMeta, OwnerReference } from "./meta.ts";
import { isDnsLabel, isLabelValue, isObjectName, isQualifiedName } from "./names.ts";
import { passOnce } from "./pass-once.ts";

/** What the API says of a field that may not change. */
export const immutableText = "field is immutable";

/** How many bytes the keys and values of an object's annotations may have together. */
export const mostAnnotationBytes: number = 256 * 1024;

/** What the rules for metadata need to know of a kind. */
export type MetadataRules = Pick<Kind, "scope"> & { readonly strategy: Pick<Kind["strategy"], "name"> };

/** What holds for the metadata of every object. A name must have been generated before where `generateName` asks for it. */
export function validateObjectMeta(kind: MetadataRules, metadata: ObjectMeta, path = "metadata"): readonly FieldError[] {
  return together(
    validateName(kind, metadata, path),
    validateNamespace(kind, metadata, path),
    validateGeneration(metadata, path),
    labelErrors(metadata, path),
    annotationErrors(metadata, path),
    ownerErrors(metadata, path),
    validateFinalizers(metadata.finalizers ?? none, `${path}.finalizers`),
    managerErrors(metadata, path),
  );
}

/** What holds for the metadata of an object that replaces `previous`. */
export function validateObjectMetaUpdate(metadata: ObjectMeta, previous: ObjectMeta, path = "metadata"): readonly FieldError[] {
  return together(
    validateNoNewFinalizers(metadata, previous, path),
    metadata.resourceVersion === undefined || metadata.resourceVersion === ""
      ? [invalid(`${path}.resourceVersion`, "", "must be specified for an update")]
      : none,
    validateGeneration(metadata, path),
    (metadata.generation ?? 0) < (previous.generation ?? 0)
      ? [invalid(`${path}.generation`, metadata.generation ?? 0, "must not be decremented")]
      : none,
    changeErrors(metadata, previous, path),
    labelErrors(metadata, path),
    annotationErrors(metadata, path),
    ownerErrors(metadata, path),
    managerErrors(metadata, path),
  );
}

const none: readonly never[] = Object.freeze([]);

/** All of them. Most are none at all, and then nothing is put together. */
function together(...lists: readonly (readonly FieldError[])[]): readonly FieldError[] {
  const found = lists.filter(({ length }) => length > 0);
  return found.length === 0 ? none : found.flat();
}

type Texts = Readonly<Record<string, string>>;

// Most updates carry the very labels, annotations and owners that are there already.
const soundLabels = passOnce((labels: Texts, path: string) => validateLabels(labels, path));
const soundAnnotations = passOnce((annotations: Texts, path: string) => validateAnnotations(annotations, path));
const soundOwners = passOnce(validateOwnerReferences);

function labelErrors({ labels }: ObjectMeta, path: string): readonly FieldError[] {
  return labels === undefined ? none : soundLabels(labels, `${path}.labels`);
}

function annotationErrors({ annotations }: ObjectMeta, path: string): readonly FieldError[] {
  return annotations === undefined ? none : soundAnnotations(annotations, `${path}.annotations`);
}

function ownerErrors({ ownerReferences }: ObjectMeta, path: string): readonly FieldError[] {
  return ownerReferences === undefined ? none : soundOwners(ownerReferences, `${path}.ownerReferences`);
}

function managerErrors({ managedFields }: ObjectMeta, path: string): readonly FieldError[] {
  return managedFields === undefined ? none : validateManagedFields(managedFields, `${path}.managedFields`);
}

const unchangeable = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const;

function changeErrors(metadata: ObjectMeta, previous: ObjectMeta, path: string): readonly FieldError[] {
  const changed = unchangeable.filter((field) => metadata[field] !== previous[field]);
  return changed.map((field) => invalid(`${path}.${field}`, metadata[field], immutableText));
}

function validateName({ strategy }: MetadataRules, { name, generateName }: ObjectMeta, path: string): readonly FieldError[] {
  const rule = strategy.name ?? "dnsSubdomain";
  const errors: FieldError[] = [];
  if (generateName !== undefined && generateName !== "") {
    for (const problem of isObjectName(rule, generateName, { prefix: true }))
      errors.push(invalid(`${path}.generateName`, generateName, problem));
  }
  if (name === undefined || name === "") return [...errors, required(`${path}.name`, "name or generateName is required")];
  for (const problem of isObjectName(rule, name)) errors.push(invalid(`${path}.name`, name, problem));
  return errors;
}

function validateNamespace({ scope }: MetadataRules, { namespace = "" }: ObjectMeta, path: string): readonly FieldError[] {
  if (scope === "Cluster") return namespace === "" ? [] : [forbidden(`${path}.namespace`, "not allowed on this type")];
  if (namespace === "") return [required(`${path}.namespace`)];
  return isDnsLabel(namespace).map((problem) => invalid(`${path}.namespace`, namespace, problem));
}

function validateGeneration({ generation = 0 }: ObjectMeta, path: string): readonly FieldError[] {
  return generation < 0 ? [invalid(`${path}.generation`, generation, "must be greater than or equal to 0")] : [];
}

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    const value = labels[key]!;
    if (plainKey.test(key) && plainValue.test(value)) continue;
    if (errors.length > mostErrors) break;
    for (const problem of isQualifiedName(key)) errors.push(invalid(path, key, problem));
    for (const problem of isLabelValue(value)) errors.push(invalid(path, value, problem));
  }
  return errors;
}

// Nearly all labels are of these forms; what is not is looked at closely.
const plainKey = /^(?:[a-z0-9](?:[a-z0-9]|[-.](?=[a-z0-9])){0,61}\/)?[A-Za-z0-9][-A-Za-z0-9_]{0,60}[A-Za-z0-9]$/;
const plainValue = /^(?:[A-Za-z0-9]|[A-Za-z0-9][-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key in annotations) {
    bytes += byteLength(key) + byteLength(annotations[key]!);
    if (plainKey.test(key) || errors.length > mostErrors) continue;
    for (const problem of isQualifiedName(key.toLowerCase())) errors.push(invalid(path, key, problem));
  }
  return bytes > mostAnnotationBytes ? [...errors, tooLong(path, mostAnnotationBytes)] : errors;
}

export function validateOwnerReferences(owners: readonly OwnerReference[], path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  let controller: OwnerReference | undefined;
  for (const [index, owner] of owners.entries()) {
    if (errors.length > mostErrors) break;
    errors.push(...validateOwnerReference(owner, `${path}[${index}]`));
    if (owner.controller !== true) continue;
    if (controller === undefined) controller = owner;
    else {
      const names = [controller, owner].map(({ kind, name }) => `${kind}/${name}`).join(" and ");
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${names}`;
      errors.push(invalid(path, owners, detail));
    }
  }
  return errors;
}

function validateOwnerReference(owner: OwnerReference, path: string): readonly FieldError[] {
  const missing = (["apiVersion", "kind", "name", "uid"] as const).filter((field) => (owner[field] ?? "") === "");
  const errors = missing.map((field) => required(`${path}.${field}`, "must not be empty"));
  const [version, group, ...more] = (owner.apiVersion ?? "").split("/").toReversed();
  if (!missing.includes("apiVersion") && (version === "" || more.length > 0)) {
    errors.push(invalid(`${path}.apiVersion`, owner.apiVersion, "must be <group>/<version> or <version>"));
  }
  if (owner.kind === "Event" && version === "v1" && (group ?? "") === "") {
    errors.push(invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner"));
  }
  return errors;
}

export function validateFinalizers(finalizers: readonly string[], path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const finalizer of finalizers) {
    if (errors.length > mostErrors) break;
    for (const problem of isQualifiedName(finalizer)) errors.push(invalid(path, finalizer, problem));
  }
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    errors.push(invalid(path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
  }
  return errors;
}

function validateNoNewFinalizers(metadata: ObjectMeta, previous: ObjectMeta, path: string): readonly FieldError[] {
  if (previous.deletionTimestamp === undefined) return [];
  const before = new Set(previous.finalizers);
  const added = [...new Set(metadata.finalizers)].filter((finalizer) => !before.has(finalizer)).sort();
  if (added.length === 0) return [];
  const listed = `[]string{${added.map((each) => JSON.stringify(each)).join(", ")}}`;
  return [forbidden(`${path}.finalizers`, `no new finalizers can be added if the object is being deleted, found new finalizers ${listed}`)];
}

/** The name under which a client's changes are recorded. */
export function validateFieldManager(manager: string, path: string): readonly FieldError[] {
  if (plainManager.test(manager)) return none;
  const errors = byteLength(manager) > 128 ? [tooLong(path, 128)] : [];
  let position = 0;
  for (const character of manager) {
    if (/[\p{C}\p{Zl}\p{Zp}]/u.test(character) || (/\p{Zs}/u.test(character) && character !== " ")) {
      errors.push(invalid(path, manager, `invalid character ${describeCharacter(character)} (at position ${position})`));
    }
    position += byteLength(character);
  }
  return errors;
}

// Nearly all are of this form; what is not is looked at closely.
const plainManager = /^[ -~]{0,128}$/;

function describeCharacter(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}

function validateManagedFields(entries: readonly ManagedFieldsEntry[], path: string): readonly FieldError[] {
  return together(
    ...entries.map((entry, index) => {
      if (isPlainEntry(entry)) return none;
      const at = `${path}[${index}]`;
      const errors: FieldError[] = [];
      if (entry.operation === undefined) errors.push(required(`${at}.operation`, "must not be empty"));
      else if (entry.operation !== "Apply" && entry.operation !== "Update") {
        errors.push(notSupported(`${at}.operation`, entry.operation, ["Apply", "Update"]));
      }
      if (entry.fieldsType !== undefined && entry.fieldsType !== "FieldsV1") {
        errors.push(invalid(`${at}.fieldsType`, entry.fieldsType, "must be `FieldsV1`"));
      }
      errors.push(...validateFieldManager(entry.manager ?? "", `${at}.manager`));
      if (byteLength(entry.subresource ?? "") > 256) errors.push(tooLong(`${at}.subresource`, 256));
      return errors;
    }),
  );
}

/** As the server itself writes them. */
function isPlainEntry({ operation, fieldsType, manager = "", subresource = "" }: ManagedFieldsEntry): boolean {
  const isKnown = (operation === "Update" || operation === "Apply") && fieldsType === "FieldsV1";
  return isKnown && plainManager.test(manager) && plainManager.test(subresource);
}

/** The selector of a spec. Values that are no label values match nothing; old objects may hold them, so they can be let pass. */
export function validateLabelSelector(
  selector: LabelSelector,
  path: string,
  { allowInvalidValues = false }: { readonly allowInvalidValues?: boolean } = {},
): readonly FieldError[] {
  return [
    ...validateLabels(selector.matchLabels, `${path}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((requirement, index) => {
      return validateRequirement(requirement, `${path}.matchExpressions[${index}]`, allowInvalidValues);
    }),
  ];
}

function validateRequirement(requirement: LabelSelectorRequirement, path: string, allowInvalidValues: boolean): readonly FieldError[] {
  const { key, operator, values = [] } = requirement;
  const errors: FieldError[] = [];
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) errors.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    default:
      errors.push(invalid(`${path}.operator`, operator, "not a valid selector operator"));
  }
  for (const problem of isQualifiedName(key)) errors.push(invalid(`${path}.key`, key, problem));
  if (!allowInvalidValues) {
    for (const [index, value] of values.entries()) {
      for (const problem of isLabelValue(value)) errors.push(invalid(`${path}.values[${index}]`, value, problem));
    }
  }
  return errors;
}
