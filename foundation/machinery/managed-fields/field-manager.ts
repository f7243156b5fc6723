import { formatTime, type Instant } from "../clock.ts";
import { apiVersionOf, type Kind } from "../kind.ts";
import type { KubernetesObject, ManagedFieldsEntry, ObjectMeta } from "../meta.ts";
import { sameJson } from "../same-json.ts";
import { badRequest } from "../status-error.ts";
import { longStep, type Steps } from "../steps.ts";
import { type Changes, changesBetween, written } from "./changes.ts";
import { configProblems, fieldsNamedIn } from "./config.ts";
import { conflictError, conflictsBut, conflictsWith } from "./conflicts.ts";
import { difference, type FieldSet, intersection, isEmptySet, noFields, union } from "./field-set.ts";
import { lastApplied, withLastApplied } from "./last-applied.ts";
import {
  afterUpdate,
  type ChangesIn,
  type Identity,
  isSame,
  type Manager,
  readManagers,
  storedManagers,
  withoutChanged,
  writeManagers,
} from "./managers.ts";
import { merged, without, withNamedFields } from "./merge.ts";
import { reconciled } from "./reconciled.ts";
import { haveSameShape } from "./shape.ts";
import { type JsonObject, structOf, type StructTopology, topologyOf, withField, withoutFields } from "./topology.ts";

/** One version of a kind, and how its objects are had from those of another version. */
export interface ServedVersion {
  readonly kind: Kind;
  readonly convert: (object: KubernetesObject) => KubernetesObject;
}

export interface FieldManagerOptions {
  readonly kind: Kind;
  /** What is written: `""` for the object itself. */
  readonly subresource: string;
  /** Another version in which managers may have named their fields; `undefined` for one that isn't served. */
  readonly version: (apiVersion: string) => ServedVersion | undefined;
}

export interface UpdateOptions {
  readonly manager: string;
  readonly now: Instant;
}

export interface ApplyOptions extends UpdateOptions {
  /** Takes fields from others instead of refusing. */
  readonly force: boolean;
  /** A JSON value as an object of the kind, in the form in which it is written. */
  readonly decode: (value: JsonObject) => KubernetesObject;
}

export interface Applied {
  /** As it is written; its `managedFields` are those of before. */
  readonly object: KubernetesObject;
  readonly managedFields: readonly ManagedFieldsEntry[];
}

/** Keeps `metadata.managedFields` for writes to one subresource of one version of a kind. Pure. */
export interface FieldManager {
  /**
   * The entries after a create (`live` is `undefined`) or an update that isn't an apply. `undefined`: there are none, because the
   * object is older than they are and nobody applied yet, or because the writer took them away.
   */
  update(live: KubernetesObject | undefined, object: KubernetesObject, options: UpdateOptions): readonly ManagedFieldsEntry[] | undefined;
  /**
   * Applies a configuration to the object as it is written, in steps: of a large one, each takes milliseconds. Throws `Conflict` where it would change what others manage, `BadRequest`
   * for a configuration that doesn't fit the kind.
   */
  apply(live: KubernetesObject | undefined, config: JsonObject, options: ApplyOptions): Steps<Applied>;
}

// What nobody manages: it identifies the object, or the server keeps it.
const unmanagedMeta: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "creationTimestamp",
  "selfLink",
  "uid",
  "clusterName",
  "generation",
  "managedFields",
  "resourceVersion",
]);

/** The fields of an object that a write to the subresource can come to own. */
function managedPartOf({ schema, subresources }: Kind, subresource: string): StructTopology {
  const { node } = schema;
  if (node.type !== "object") throw new TypeError("Cannot manage fields: the schema is not that of an object");
  const whole = structOf(node);
  const metadata = whole.fields.get("metadata")!.topology as StructTopology;
  const isReset = (name: string): boolean => {
    if (name === "kind" || name === "apiVersion") return true;
    // What a write to this part of the object can't change is set back, so writing it makes nobody its manager.
    if (subresource === "status") return name !== "status" && name !== "metadata";
    return name === "status" && subresources.status === true;
  };
  return withField(
    withoutFields(whole, isReset),
    "metadata",
    withoutFields(metadata, (name) => unmanagedMeta.has(name)),
  );
}

const parts = new WeakMap<Kind, Map<string, StructTopology>>();

function managedPart(kind: Kind, subresource: string): StructTopology {
  let bySubresource = parts.get(kind);
  if (bySubresource === undefined) parts.set(kind, (bySubresource = new Map()));
  let part = bySubresource.get(subresource);
  if (part === undefined) bySubresource.set(subresource, (part = managedPartOf(kind, subresource)));
  return part;
}

const mostShapes = 4;
const nothing: JsonObject = Object.freeze({});

export function createFieldManager({ kind, subresource, version }: FieldManagerOptions): FieldManager {
  const apiVersion = apiVersionOf(kind);
  const part = managedPart(kind, subresource);
  const identity = (name: string, operation: Manager["operation"]): Identity => ({
    name: name === "" ? "unknown" : name,
    operation,
    apiVersion,
    subresource,
  });

  /** What differs between two objects, in every version that somebody names fields in, looked at once. */
  const changesOf = (before: KubernetesObject | undefined, after: KubernetesObject): ChangesIn => {
    const known = new Map<string, Changes | undefined>();
    const look = (wanted: string): Changes | undefined => {
      if (wanted === apiVersion) return changesBetween(part, fieldsOf(before), fieldsOf(after));
      const other = version(wanted);
      if (other === undefined) return undefined;
      const old = before === undefined ? undefined : other.convert(before);
      return changesBetween(managedPart(other.kind, subresource), fieldsOf(old), fieldsOf(other.convert(after)));
    };
    return (wanted) => {
      if (!known.has(wanted)) known.set(wanted, look(wanted));
      return known.get(wanted);
    };
  };

  /** New objects of the last few shapes, with their fields: most that are created are like one before them. */
  const recent: { readonly object: KubernetesObject; readonly fields: FieldSet }[] = [];

  /** Everything in a new object. */
  const fieldsOfNew = (object: KubernetesObject): FieldSet => {
    const known = recent.find((each) => haveSameShape(part, each.object, object));
    if (known !== undefined) return known.fields;
    const fields = written(changesBetween(part, nothing, fieldsOf(object)));
    recent.unshift({ object, fields });
    if (recent.length > mostShapes) recent.pop();
    return fields;
  };

  /** Managers of a kind that was declared at run time may be older than its schema. */
  const inSchema = (managers: readonly Manager[]): readonly Manager[] => {
    if (kind.values === undefined) return managers;
    return managers.map((each) => {
      const { schema } = (each.apiVersion === apiVersion ? kind : version(each.apiVersion)?.kind) ?? {};
      const fields = schema === undefined ? each.fields : reconciled(topologyOf(schema.node), each.fields);
      return fields === each.fields ? each : { ...each, fields };
    });
  };

  return {
    update(live, object, { manager, now }) {
      const managers = inSchema(managersBefore(live, object, subresource));
      // Whoever has done without so far goes on without, until the first apply.
      if (managers.length === 0 && live !== undefined) return undefined;
      if (managers.length === 0) {
        const fields = fieldsOfNew(object);
        return isEmptySet(fields) ? undefined : writeManagers([{ ...identity(manager, "Update"), time: formatTime(now), fields }]);
      }
      const changesIn = changesOf(live, object);
      const after = afterUpdate(managers, identity(manager, "Update"), changesIn, now);
      const kept = live?.metadata.managedFields;
      if (kept !== undefined && after.length === kept.length && sameManagers(after, storedManagers(kept))) return kept;
      return writeManagers(after);
    },

    *apply(live, config, options) {
      mustFit(kind, config);
      yield longStep;
      const writer = identity(options.manager, "Apply");
      const managers = inSchema(managersForApply(live, options.now));
      const before = managers.find((each) => isSame(each, writer));
      const others = managers.filter((each) => each !== before);
      const fields = fieldsNamedIn(part, config);
      const next: Manager = { ...writer, fields, time: formatTime(options.now) };
      const whole = topologyOf(kind.schema.node) as StructTopology;
      yield longStep;
      const mergedObject = merged(whole, fieldsOf(live), config);
      yield longStep;
      // With what nobody manages: the name that a configuration always says keeps the metadata, whatever else of it goes.
      const said = { ...next, fields: fieldsNamedIn(whole, config) };
      const pruned = prunedOf(whole, mergedObject, { before, appliers: [...others, said] });
      yield longStep;
      const object = options.decode(pruned);
      yield longStep;
      const changesIn = changesOf(live, object);
      const conflicts = options.force ? [] : conflictsWith(others, changesIn);
      if (conflicts.length > 0) {
        const allowed = options.manager === "kubectl" && live !== undefined ? stillAsApplied(live) : noFields;
        const refused = conflictsBut(conflicts, allowed);
        if (refused.length > 0) throw conflictError(refused);
      }
      const rest = withoutChanged(others, changesIn);
      yield longStep;
      const isAsBefore = before !== undefined && sameJson(before.fields, fields) && before.apiVersion === apiVersion;
      const own = isEmptySet(fields) ? [] : [isAsBefore && isUnchanged(changesIn(apiVersion)!) ? before : next];
      const synced = options.manager === "kubectl" ? withLastApplied(object, config) : object;
      return { object: synced, managedFields: writeManagers([...rest, ...own]) };
    },
  };

  /** Who manages an object before an apply: where nobody does, everything there is someone's from before. */
  function managersForApply(live: KubernetesObject | undefined, now: Instant): readonly Manager[] {
    if (live === undefined) return [];
    const managers = storedManagers(live.metadata.managedFields);
    if (managers.length > 0) return managers;
    return afterUpdate([], identity("before-first-apply", "Update"), changesOf(undefined, live), now);
  }

  /**
   * The object without what the manager applied before, applies no longer, and nobody else applies. Fields of the same name in another
   * version of the kind count as the same.
   */
  function prunedOf(
    whole: StructTopology,
    object: JsonObject,
    { before, appliers }: { readonly before: Manager | undefined; readonly appliers: readonly Manager[] },
  ): JsonObject {
    if (before === undefined) return object;
    const last = withNamedFields(whole, before.fields);
    const applied = appliers.filter(({ operation }) => operation === "Apply").map(({ fields }) => fields);
    const owned = withNamedFields(whole, applied.reduce(union, noFields));
    const all = withNamedFields(whole, fieldsNamedIn(whole, object));
    const left = withNamedFields(whole, fieldsNamedIn(whole, without(whole, object, last)));
    const kept = without(whole, object, difference(all, union(left, owned)));
    const gone = difference(all, withNamedFields(whole, fieldsNamedIn(whole, kept)));
    return without(whole, object, intersection(gone, last));
  }

  /** The fields that client-side apply set, as it set them: the same tool may go on managing them by apply. */
  function stillAsApplied(live: KubernetesObject): FieldSet {
    const config = lastApplied(live);
    if (config === undefined || config.apiVersion !== apiVersion) return noFields;
    const { added, modified, removed } = changesBetween(part, config, fieldsOf(live));
    return [added, modified, removed].reduce(difference, fieldsNamedIn(part, config));
  }
}

function isUnchanged({ added, modified, removed }: Changes): boolean {
  return isEmptySet(added) && isEmptySet(modified) && isEmptySet(removed);
}

function sameManagers(a: readonly Manager[], b: readonly Manager[]): boolean {
  return a.every((manager) => b.some((other) => other.fields === manager.fields && other.time === manager.time && isSame(manager, other)));
}

/** Whose entries the write begins with: those in the object itself where it brings some, such as a restored one. */
function managersBefore(live: KubernetesObject | undefined, object: KubernetesObject, subresource: string): readonly Manager[] {
  const stored = storedManagers(live?.metadata.managedFields);
  const given = (object.metadata as Partial<ObjectMeta> | undefined)?.managedFields;
  if (subresource !== "" || given === undefined || given.length === 0 || given === live?.metadata.managedFields) return stored;
  if (isReset(given)) return [];
  if (sameJson(given, live?.metadata.managedFields)) return stored;
  const read = readManagers(given);
  return read === undefined || read.length === 0 ? stored : read;
}

/** `[{}]` takes all entries away. */
function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  return entries.length === 1 && Object.keys(entries[0]!).length === 0;
}

function fieldsOf(object: KubernetesObject | undefined): JsonObject {
  return object === undefined ? nothing : (object as unknown as JsonObject);
}

function mustFit(kind: Kind, config: JsonObject): void {
  const { apiVersion, kind: given, metadata } = config;
  if (apiVersion !== apiVersionOf(kind) || given !== kind.kind) {
    throw badRequest(`invalid object type: ${goType(apiVersion, given)}`);
  }
  if (typeof metadata === "object" && metadata !== null && "managedFields" in metadata && metadata.managedFields !== null) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const problems = configProblems(topologyOf(kind.schema.node), config);
  if (problems.length === 0) return;
  const { name = "", namespace = "" } = (metadata ?? {}) as Partial<ObjectMeta>;
  const all = problems.length === 1 ? problems[0]! : `errors:\n${problems.map((problem) => `  ${problem}\n`).join("")}`;
  throw badRequest(`failed to create typed patch object (${namespace}/${name}; ${goType(apiVersion, given)}): ${all}`);
}

function goType(apiVersion: unknown, kind: unknown): string {
  return `${typeof apiVersion === "string" ? apiVersion : ""}, Kind=${typeof kind === "string" ? kind : ""}`;
}
