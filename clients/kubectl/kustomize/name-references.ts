import { CommandError } from "../errors.ts";
import type { JsonObject } from "../json-object.ts";
import { isClusterScoped } from "./cluster-scope.ts";
import type { NameReference } from "./configuration.ts";
import { changeField, type FieldSpec } from "./field-specs.ts";
import { describeId, isOfKind, type KindSelector, namespaceThatCounts } from "./resource-id.ts";
import { currentId, formerIds, originalId, type Resource } from "./resource.ts";
import { isMap, isMissing, isScalar, textOf } from "./scalars.ts";

/** Follows names that have changed: fields that hold a former name of a resource get its name of today. */
export function followNames(resources: readonly Resource[], references: readonly NameReference[]): readonly Resource[] {
  const renamed = byFormerName(resources);
  if (renamed.size === 0) return resources;
  return resources.map((referrer) => {
    const id = originalId(referrer);
    const candidates = candidatesFor(referrer, resources, renamed);
    const object = references.reduce(
      (changed, reference) =>
        reference.fieldSpecs
          .filter((spec) => isOfKind(id, spec))
          .reduce((each, spec) => follow(each, { referrer, target: reference, spec, candidates }), changed),
      referrer.object,
    );
    return object === referrer.object ? referrer : { ...referrer, object };
  });
}

/** The resources that were once called so. */
type FormerNames = ReadonlyMap<string, readonly Resource[]>;

function byFormerName(resources: readonly Resource[]): FormerNames {
  const names = new Map<string, Resource[]>();
  for (const resource of resources) {
    for (const name of new Set(resource.formerNames.map((former) => former.name))) {
      const known = names.get(name);
      if (known === undefined) names.set(name, [resource]);
      else known.push(resource);
    }
  }
  return names;
}

interface Reference {
  readonly referrer: Resource;
  readonly target: KindSelector;
  readonly spec: FieldSpec;
  readonly candidates: Candidates;
}

/** What a resource may refer to at all. */
interface Candidates {
  /** Those that were once called so. */
  named(name: string): readonly Resource[];
  /** Whether any was in the namespace at first. */
  wereIn(namespace: string): boolean;
}

function follow(object: JsonObject, reference: Reference): JsonObject {
  const { spec, referrer } = reference;
  const { group, version, kind } = currentId(referrer);
  try {
    return changeField(object, { path: spec.path, group, version, kind }, { set: (value) => followed(value, object, reference) });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const where = `updating name reference in '${spec.path}' field of '${describeId(currentId(referrer))}'`;
    throw new CommandError(`${where}: ${error.message}`, { cause: error });
  }
}

function followed(value: unknown, object: JsonObject, reference: Reference): unknown {
  if (isMissing(value)) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => (isMissing(item) ? item : followed(item, object, reference)));
  return isMap(value) ? followedMap(value, object, reference) : followedName(value, object, reference);
}

function followedName(value: unknown, object: JsonObject, reference: Reference): unknown {
  const found = select(textOf(value), object, { ...reference, isSame: (one, other) => nameOf(one) === nameOf(other) });
  return found === undefined || nameOf(found) === textOf(value) ? value : nameOf(found);
}

/** A map with a name and perhaps a namespace, both of which are told anew. */
function followedMap(map: JsonObject, object: JsonObject, reference: Reference): unknown {
  const name = map["name"];
  if (name === undefined || !isScalar(name)) throw new CommandError("path config error; no 'name' field in node");
  const namespace = map["namespace"] === undefined ? undefined : textOf(map["namespace"]);
  const found = select(textOf(name), object, {
    ...reference,
    among: (candidates) => (namespace === undefined ? candidates : inNamespace(candidates, namespace, reference.candidates)),
    isSame: (one, other) => nameOf(one) === nameOf(other) && currentId(one).namespace === currentId(other).namespace,
  });
  if (found === undefined) return map;
  const target = currentId(found);
  if (target.name === textOf(name) && target.namespace === "") return map;
  return { ...map, name: target.name, ...(target.namespace === "" ? {} : { namespace: target.namespace }) };
}

const nameOf = (resource: Resource): string => currentId(resource).name;

/** Those that were in the namespace at first; those that are now, where none at all was. */
function inNamespace(resources: readonly Resource[], namespace: string, candidates: Candidates): readonly Resource[] {
  const idThen = candidates.wereIn(namespace) ? originalId : currentId;
  return resources.filter((each) => namespaceThatCounts(idThen(each)) === namespace);
}

/** What is in its namespace or in none, or in that of a service account which a binding names. */
function candidatesFor(referrer: Resource, resources: readonly Resource[], names: FormerNames): Candidates {
  const isReachable = reachableFrom(referrer);
  return {
    named: (name) => (names.get(name) ?? []).filter(isReachable),
    wereIn: (namespace) => resources.some((each) => namespaceThatCounts(originalId(each)) === namespace && isReachable(each)),
  };
}

function reachableFrom(referrer: Resource): (target: Resource) => boolean {
  const id = currentId(referrer);
  if (isClusterScoped(id)) return () => true;
  const namespace = namespaceThatCounts(id);
  const ofAccounts = id.kind === "RoleBinding" ? namespacesOfAccounts(referrer.object) : new Set<string>();
  return (target) => {
    const targetId = currentId(target);
    return isClusterScoped(targetId) || namespaceThatCounts(targetId) === namespace || ofAccounts.has(targetId.namespace);
  };
}

function namespacesOfAccounts(binding: JsonObject): ReadonlySet<string> {
  const subjects: readonly unknown[] = Array.isArray(binding["subjects"]) ? binding["subjects"] : [];
  const accounts = subjects.filter(
    (subject) => isMap(subject) && textOf(subject["kind"]) === "ServiceAccount" && isScalar(subject["namespace"]),
  );
  return new Set(accounts.map((account) => textOf((account as JsonObject)["namespace"])));
}

interface Selection extends Reference {
  /** Whether it makes no difference which of two is meant. */
  readonly isSame: (one: Resource, other: Resource) => boolean;
  readonly among?: (candidates: readonly Resource[]) => readonly Resource[];
}

/** The one resource that is meant by a former name, by ever closer looks; nothing when there is none. */
function select(
  name: string,
  object: JsonObject,
  { referrer, target, spec, candidates: all, isSame, among = (each) => each }: Selection,
): Resource | undefined {
  const wasOfKind = (kind: KindSelector) => (resource: Resource) => formerIds(resource).some((id) => isOfKind(id, kind));
  const role = spec.path.endsWith("roleRef/name") ? kindOfRole(object) : undefined;
  let candidates = among(all.named(name))
    .filter(wasOfKind(target))
    .filter(role === undefined ? () => true : wasOfKind(role))
    .filter((candidate) => mayBeMeant(candidate, referrer));
  if (candidates.length === 1) return candidates[0];
  candidates = candidates.filter((each) => hasSameAffixes(each, referrer, { emptyIsSame: true }));
  if (candidates.length > 1) candidates = candidates.filter((each) => hasSameAffixes(each, referrer, { emptyIsSame: false }));
  const [found] = candidates;
  if (found === undefined || candidates.every((each) => isSame(found, each))) return found;
  throw new CommandError(`found multiple possible referrals: ${candidates.map((each) => describeId(currentId(each))).join(", ")}`);
}

function kindOfRole(object: JsonObject): KindSelector | undefined {
  const role = object["roleRef"];
  if (!isMap(role) || role["apiGroup"] === undefined || role["kind"] === undefined) return undefined;
  return { group: textOf(role["apiGroup"]), kind: textOf(role["kind"]) };
}

function mayBeMeant(candidate: Resource, referrer: Resource): boolean {
  const [from, to] = [currentId(referrer), currentId(candidate)];
  if (isClusterScoped(from) || isClusterScoped(to) || to.kind === "ServiceAccount") return true;
  return namespaceThatCounts(from) === namespaceThatCounts(to);
}

function hasSameAffixes(one: Resource, other: Resource, { emptyIsSame }: { readonly emptyIsSame: boolean }): boolean {
  return (["prefixes", "suffixes"] as const).every((affixes) => {
    const [a, b] = [one[affixes], other[affixes]];
    return (emptyIsSame && (a.length === 0 || b.length === 0)) || endsAlike(a, b);
  });
}

function endsAlike(a: readonly string[], b: readonly string[]): boolean {
  const [shorter, longer] = a.length <= b.length ? [a, b] : [b, a];
  if (shorter.length === 0) return longer.length === 0;
  const end = longer.slice(longer.length - shorter.length);
  return shorter.every((text, index) => text === end[index]);
}
