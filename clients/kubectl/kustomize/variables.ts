import { CommandError } from "../errors.ts";
import { type JsonObject } from "../json-object.ts";
import { valueAtSteps, stepsOf } from "./field-path.ts";
import { changeField, type FieldSpec } from "./field-specs.ts";
import type { Variable } from "./kustomization.ts";
import { isClusterScoped } from "./cluster-scope.ts";
import { keyOf, type ResourceId } from "./resource-id.ts";
import { allIds, type Resource } from "./resource.ts";
import { isMap, isMissing, plainOf, textOf } from "./scalars.ts";
import { splitApiVersion } from "../requests/api-resource.ts";

/** Adds variables to those of the bases. Throws for one that is there already. */
export function mergedVariables(known: readonly Variable[], added: readonly Variable[]): readonly Variable[] {
  const names = new Set(known.map(({ name }) => name));
  for (const { name } of added) {
    if (names.has(name)) throw new CommandError(`var '${name}' already encountered`);
    names.add(name);
  }
  return [...known, ...added];
}

/** The resources, those that variables take their values from being marked so. */
export function withVariables(resources: readonly Resource[], variables: readonly Variable[]): readonly Resource[] {
  return variables.reduce((current, variable) => {
    const matches = current.filter((resource) => allIds(resource).some((id) => isMeant(id, variable)));
    if (matches.length > 1)
      throw new CommandError(`found ${matches.length} resId matches for var ${variable.name} (unable to disambiguate)`);
    return current.map((each) => (each === matches[0] ? { ...each, variables: [...each.variables, variable.name] } : each));
  }, resources);
}

function isMeant(id: ResourceId, { objref: { apiVersion, ...rest } }: Variable): boolean {
  const [group, version] = apiVersion === "" ? [rest.group, rest.version] : splitApiVersion(apiVersion);
  const target: ResourceId = { ...rest, group, version };
  if (target.namespace !== "" || isClusterScoped(target)) return keyOf(id) === keyOf(target);
  return id.name === target.name && id.kind === target.kind && id.group === group && id.version === version;
}

/** Puts the values of variables where `$(NAME)` stands. `warn` is told of those that stand nowhere. */
export function resolveVariables(
  resources: readonly Resource[],
  variables: readonly Variable[],
  { fieldSpecs, warn }: { readonly fieldSpecs: readonly FieldSpec[]; readonly warn: (text: string) => void },
): readonly Resource[] {
  if (variables.length === 0) return resources;
  const values = new Map(variables.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((each) => [each.name, valueOf(each, resources)]));
  const used = new Set<string>();
  const valueNamed = (name: string): unknown => {
    if (!values.has(name)) return `$(${name})`;
    used.add(name);
    return values.get(name);
  };
  const resolved = resources.map((resource) => ({
    ...resource,
    object: fieldSpecs.reduce<JsonObject>(
      (object, spec) => changeField(object, spec, { set: (value) => expanded(value, valueNamed) }),
      resource.object,
    ),
  }));
  const unused = Array.from(values.keys()).filter((name) => !used.has(name));
  if (unused.length > 0) warn(`well-defined vars that were never replaced: ${unused.join(",")}`);
  return resolved;
}

function valueOf({ name, fieldref }: Variable, resources: readonly Resource[]): unknown {
  const resource = resources.find(({ variables }) => variables.includes(name));
  if (resource === undefined) throw new CommandError(`var '${name}' cannot be mapped to a field in the set of known resources`);
  const steps = stepsOf(fieldref.fieldPath === "" ? "metadata.name" : fieldref.fieldPath).flatMap(withIndexes);
  const value = plainOf(valueAtSteps(resource.object, steps));
  if (value === undefined) throw new CommandError(`field specified in var '${name}' not found in corresponding resource`);
  // Upstream leaves the name where it stands for what is no scalar.
  return typeof value === "object" ? `$(${name})` : value;
}

/** `ports[0]` is a name and an index. */
function withIndexes(step: string): readonly string[] {
  const [, name, index] = /^([^[]+)\[(\d+)\]$/.exec(step) ?? [];
  return name === undefined || index === undefined ? [step] : [name, index];
}

type ValueNamed = (name: string) => unknown;

function expanded(value: unknown, valueNamed: ValueNamed): unknown {
  if (isMissing(value)) return value;
  if (typeof value === "string") return expandedText(value, valueNamed);
  if (Array.isArray(value))
    return value.map((item: unknown) => {
      if (typeof item === "string") return expandedText(item, valueNamed);
      throw new CommandError("invalid value type expect a string");
    });
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, typeof each === "string" ? expandedText(each, valueNamed) : each]),
  );
}

/** `$(NAME)` alone becomes the value with its type; within a text it becomes its text. `$$` is a dollar. */
function expandedText(text: string, valueNamed: ValueNamed): unknown {
  const [, alone] = /^\$\(([^)]*)\)$/.exec(text) ?? [];
  if (alone !== undefined) return valueNamed(alone);
  return text.replace(/\$(\$|\(([^)]*)\))/g, (_, dollar: string, name?: string) =>
    name === undefined ? dollar : textOf(valueNamed(name)),
  );
}
