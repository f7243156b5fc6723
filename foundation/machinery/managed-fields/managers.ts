import { formatTime, type Instant } from "../clock.ts";
import type { ManagedFieldsEntry } from "../meta.ts";
import { sameJsonBut } from "../same-json.ts";
import { type Changes, written } from "./changes.ts";
import { difference, type FieldSet, isEmptySet, noFields, parseFieldSet, union } from "./field-set.ts";

/** Who manages which fields: one entry of `metadata.managedFields`, read. */
export interface Manager {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  /** The version in which the fields are named. */
  readonly apiVersion: string;
  /** `""` for the object itself. */
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** Who writes: everything of a manager but its fields. */
export type Identity = Pick<Manager, "name" | "operation" | "apiVersion" | "subresource">;

/** Whether two entries are the same manager's: whoever applies stays the same in every version. */
export function isSame(a: Identity, b: Identity): boolean {
  return (
    a.name === b.name &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === "Apply" || a.apiVersion === b.apiVersion)
  );
}

/** Reads `metadata.managedFields` as a client sent them. `undefined` when an entry can't be read. */
export function readManagers(entries: readonly ManagedFieldsEntry[] = []): readonly Manager[] | undefined {
  const managers: Manager[] = [];
  for (const entry of entries) {
    const fields = parseFieldSet(entry.fieldsV1 ?? {});
    const manager = fields === undefined ? undefined : managerOf(entry, fields);
    if (manager === undefined) return undefined;
    managers.push(manager);
  }
  return managers;
}

/** Entries that somebody else wrote, in the form in which they are kept. `undefined` when one can't be read. */
export function canonicalManagers(entries: readonly ManagedFieldsEntry[]): readonly ManagedFieldsEntry[] | undefined {
  const managers = readManagers(entries);
  return managers === undefined ? undefined : writeManagers(managers);
}

/** Reads `metadata.managedFields` as they are kept: in the form in which {@link writeManagers} wrote them. */
export function storedManagers(entries: readonly ManagedFieldsEntry[] = noEntries): readonly Manager[] {
  if (entries === lastEntries) return lastManagers;
  const managers: Manager[] = [];
  for (const entry of entries) {
    const manager = managerOf(entry, (entry.fieldsV1 ?? noFields) as FieldSet);
    if (manager !== undefined) managers.push(manager);
  }
  if (!Object.isFrozen(entries)) return managers;
  lastEntries = entries;
  return (lastManagers = managers);
}

const noEntries: readonly ManagedFieldsEntry[] = Object.freeze([]);
// A write asks for those of its object several times in a row. What is frozen says the same for good.
let lastEntries: readonly ManagedFieldsEntry[] = noEntries;
let lastManagers: readonly Manager[] = [];

function managerOf(entry: ManagedFieldsEntry, fields: FieldSet): Manager | undefined {
  const { manager: name = "", operation, apiVersion = "", subresource = "", time, fieldsType = "" } = entry;
  if ((operation !== "Apply" && operation !== "Update") || (fieldsType !== "FieldsV1" && fieldsType !== "")) return undefined;
  return apiVersion === "" ? undefined : { name, operation, apiVersion, subresource, time, fields };
}

/** The managers as `metadata.managedFields`, in upstream's order: those who apply first, then by time and name. */
export function writeManagers(managers: readonly Manager[]): readonly ManagedFieldsEntry[] {
  return managers.toSorted(compareManagers).map(({ name, operation, apiVersion, subresource, time, fields }) => ({
    ...(name === "" ? {} : { manager: name }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: fields,
    ...(subresource === "" ? {} : { subresource }),
  }));
}

function compareManagers(a: Manager, b: Manager): number {
  return (
    compareTexts(a.operation, b.operation) ||
    compareTexts(a.time ?? "", b.time ?? "") ||
    compareTexts(a.name, b.name) ||
    compareTexts(a.apiVersion, b.apiVersion) ||
    compareTexts(a.subresource, b.subresource)
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether two lists of entries say the same, whenever it was said. */
export function sameButForTimes(a: readonly ManagedFieldsEntry[] = [], b: readonly ManagedFieldsEntry[] = []): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  const rest = [...b];
  return a.every((entry) => {
    const at = rest.findIndex((each) => sameJsonBut("time", entry, each));
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  });
}

/** What a write changes, in the version in which a manager names its fields; `undefined` where that version is gone. */
export type ChangesIn = (apiVersion: string) => Changes | undefined;

/** Whoever wrote what now changes owns it no longer, and nobody owns what is gone. */
export function withoutChanged(managers: readonly Manager[], changesIn: ChangesIn): readonly Manager[] {
  return managers.flatMap((manager) => {
    const changes = changesIn(manager.apiVersion);
    // Fields of a version that isn't served any more can't be told.
    if (changes === undefined) return [];
    const fields = difference(difference(manager.fields, written(changes)), changes.removed);
    if (isEmptySet(fields)) return [];
    return [fields === manager.fields ? manager : { ...manager, fields }];
  });
}

/** The managers after a write that is no apply: the writer owns what it changed, besides what it owned and left. */
export function afterUpdate(managers: readonly Manager[], writer: Identity, changesIn: ChangesIn, now: Instant): readonly Manager[] {
  const changes = changesIn(writer.apiVersion)!;
  const own = written(changes);
  if (isEmptySet(own)) return withoutChanged(managers, changesIn);
  const before = managers.find((manager) => isSame(manager, writer));
  const others = managers.filter((manager) => !isSame(manager, writer));
  const kept = before === undefined ? own : union(difference(before.fields, changes.removed), own);
  const entry: Manager = { ...writer, fields: kept, time: formatTime(now) };
  return capped([...withoutChanged(others, changesIn), entry]);
}

// As many writers as upstream remembers one by one.
const mostUpdaters = 10;
const ancient = "ancient-changes";

/** Folds the oldest writers of each version into one, when there are too many. */
function capped(managers: readonly Manager[]): readonly Manager[] {
  const updaters = managers.filter(({ operation }) => operation === "Update").toSorted(compareManagers);
  let surplus = updaters.length - mostUpdaters;
  if (surplus <= 0) return managers;
  const buckets = new Map<string, Manager>();
  const folded = new Set<Manager>();
  for (const manager of updaters) {
    if (surplus <= 0) break;
    const bucket = buckets.get(manager.apiVersion);
    folded.add(manager);
    if (bucket !== undefined) surplus--;
    buckets.set(manager.apiVersion, {
      ...manager,
      // The first of a version keeps its name until there is another to fold it with.
      ...(bucket === undefined ? {} : { name: ancient, subresource: "" }),
      fields: bucket === undefined ? manager.fields : union(manager.fields, bucket.fields),
    });
  }
  return [...managers.filter((manager) => !folded.has(manager)), ...buckets.values()];
}
