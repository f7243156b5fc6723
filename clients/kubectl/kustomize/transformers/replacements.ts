import { parseYaml } from "@kubets/machinery";
import { CommandError } from "../../errors.ts";
import type { JsonObject } from "../../json-object.ts";
import { list, type Position } from "../decode.ts";
import { changePlaces, type CreatedAs, stepsOf, valueAtSteps } from "../field-path.ts";
import type { Root } from "../files.ts";
import type { FieldOptions, Kustomization, Replacement, ReplacementTarget } from "../kustomization.ts";
import { replacementInFile } from "../read-kustomization.ts";
import { describeId, isOfKind, type ResourceId } from "../resource-id.ts";
import { allIds, type Resource } from "../resource.ts";
import { isEmpty, isMap, isMissing, isScalar, scalarOf, textOf } from "../scalars.ts";
import { textSelector } from "../selector.ts";
import type { Transformer } from "./transformer.ts";

/** Reads `replacements`: values that are taken from one place and put to others. */
export async function readReplacements(entries: Kustomization["replacements"], root: Root): Promise<Transformer> {
  const read = await Promise.all(
    entries.map(async ({ path, ...replacement }) => {
      if (path === "") return [replacement];
      if (replacement.source !== undefined || (replacement.targets ?? []).length > 0)
        throw new CommandError("cannot specify both path and inline replacement");
      const { value } = parseYaml(await root.load(path));
      return Array.isArray(value) ? list(replacementInFile)(value, inFile) : [replacementInFile(value, inFile)];
    }),
  );
  return { name: "ReplacementTransformer", transform: (resources) => read.flat().reduce(replaced, resources) };
}

const inFile: Position = { path: "Replacement", leavesOutUnknown: true };

function replaced(resources: readonly Resource[], { source, targets }: Replacement): readonly Resource[] {
  if (source === undefined || targets === undefined) throw new CommandError("replacements must specify a source and at least one target");
  const value = sourceValue(resources, source);
  return targets.reduce((current, target) => put(value, current, target), resources);
}

const defaultPath = "metadata.name";

function sourceValue(resources: readonly Resource[], source: NonNullable<Replacement["source"]>): unknown {
  const [found, ...others] = resources.filter((resource) => allIds(resource).some((id) => isMeant(id, source)));
  if (others.length > 0) throw new CommandError(`multiple matches for selector ${describeSource(source)}`);
  if (found === undefined) throw new CommandError(`nothing selected by ${describeSource(source)}`);
  const path = source.fieldPath === "" ? defaultPath : source.fieldPath;
  const value = valueAtSteps(found.object, stepsOf(path));
  if (isEmpty(value)) throw new CommandError(`fieldPath \`${path}\` is missing for replacement source ${describeId(source)}`);
  return partOf(value, source.options);
}

function describeSource(source: NonNullable<Replacement["source"]>): string {
  const { fieldPath, options } = source;
  const refined =
    options === undefined || (options.delimiter === "" && !options.create)
      ? []
      : [`${options.delimiter}(${options.index}), create=${String(options.create)}`];
  return [describeId(source), ...(fieldPath === "" ? [] : [fieldPath]), ...refined].join(":");
}

function partOf(value: unknown, options: FieldOptions | undefined): unknown {
  if (options === undefined || options.delimiter === "") return value;
  if (!isScalar(value)) throw new CommandError("delimiter option can only be used with scalar nodes");
  const part = textOf(value).split(options.delimiter)[options.index];
  if (part === undefined) throw new CommandError(`options.index ${options.index} is out of bounds for value ${textOf(value)}`);
  return typeof value === "string" ? part : scalarOf(part);
}

type Meant = Pick<ResourceId, "group" | "version" | "kind" | "name" | "namespace">;

/** Whether all that is said of what is meant is so; here are no regular expressions. */
function isMeant(id: ResourceId, { name, namespace, ...kind }: Meant): boolean {
  const isThere = namespace === "" || (namespace || "default") === (id.namespace || "default");
  return (name === "" || name === id.name) && isThere && isOfKind(id, kind);
}

function put(value: unknown, resources: readonly Resource[], target: ReplacementTarget): readonly Resource[] {
  const { select, reject, options } = target;
  if (select === undefined) throw new CommandError("target must specify resources to select");
  const paths = target.fieldPaths.length === 0 ? [defaultPath] : target.fieldPaths;
  const isWanted = textSelector(select);
  const byTexts = reject.filter((each) => each.labelSelector !== "" || each.annotationSelector !== "").map(textSelector);
  const byName = reject.filter(({ group, version, kind, name, namespace }) =>
    [group, version, kind, name, namespace].some((part) => part !== ""),
  );
  return resources.map((resource) => {
    if (!isWanted(resource) || byTexts.some((isRejected) => isRejected(resource))) return resource;
    const ids = allIds(resource);
    if (!ids.some((id) => isMeant(id, select)) || byName.some((each) => ids.some((id) => isMeant(id, each)))) return resource;
    return { ...resource, object: paths.reduce((object, path) => putAt(value, object, path, options), resource.object) };
  });
}

function putAt(value: unknown, object: JsonObject, path: string, options: FieldOptions | undefined): JsonObject {
  const creates = options?.create === true;
  const created: CreatedAs = isMap(value) ? "map" : Array.isArray(value) ? "list" : "scalar";
  const problem = `unable to find ${creates ? "or create " : ""}field ${JSON.stringify(path)} in replacement target`;
  let changed;
  try {
    changed = changePlaces(object, stepsOf(path), { ...(creates ? { created } : {}), set: (before) => valueFor(before, value, options) });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`${problem}: ${error.message}`, { cause: error });
  }
  if (changed.places === 0) throw new CommandError(problem);
  return changed.value as JsonObject;
}

/** What stands in a place then: a scalar stays of its type, and only its text is another one. */
function valueFor(before: unknown, value: unknown, options: FieldOptions | undefined): unknown {
  const isText = isMissing(before) || isScalar(before);
  if (options !== undefined && options.delimiter !== "") {
    if (!isText) throw new CommandError("delimiter option can only be used with scalar nodes");
    return ofSameType(before, joined(isMissing(before) ? "" : textOf(before), textOf(value), options));
  }
  return isText && (before !== undefined || isScalar(value)) ? ofSameType(before, textOf(value)) : value;
}

function joined(before: string, part: string, { delimiter, index }: FieldOptions): string {
  const parts = before.split(delimiter);
  if (index < 0) return [part, ...parts].join(delimiter);
  return (index >= parts.length ? [...parts, part] : parts.with(index, part)).join(delimiter);
}

function ofSameType(before: unknown, text: string): unknown {
  if (typeof before === "string") return text;
  const value = scalarOf(text);
  if (isMissing(before) || typeof value === typeof before || typeof value === "object") return value;
  throw new CommandError(`cannot unmarshal "${text}": ${JSON.stringify(before)} was a ${typeof before}`);
}
