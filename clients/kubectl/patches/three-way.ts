import { sameJson, type SchemaNode } from "@kubets/machinery";
import { isJsonObject, type JsonObject } from "../json-object.ts";

/** The three states of an object that `apply` compares. */
export interface ThreeStates {
  /** As it was applied last; what is gone from it since is deleted. */
  readonly original: JsonObject;
  /** As it is to be. */
  readonly modified: JsonObject;
  /** As the server has it; what only the server says is left alone. */
  readonly current: JsonObject;
}

/**
 * The patch that brings an object from `current` to `modified`: a strategic merge patch where its `schema` is known, in which lists
 * with a merge key are merged item by item; otherwise a JSON merge patch. `{}` when there is nothing to do.
 */
export function createThreeWayPatch({ original, modified, current }: ThreeStates, schema: SchemaNode | undefined): JsonObject {
  return patchMap(original, modified, current, schema);
}

function patchMap(original: JsonObject, modified: JsonObject, current: JsonObject, schema: SchemaNode | undefined): JsonObject {
  const patch: Record<string, unknown> = {};
  for (const [key, wanted] of Object.entries(modified)) {
    if (wanted === null || wanted === undefined) continue;
    const field = fieldOf(schema, key);
    const [before, now] = [original[key], current[key]];
    if (isJsonObject(wanted) && isJsonObject(now) && field.strategy !== "replace") {
      const inner = patchMap(isJsonObject(before) ? before : {}, wanted, now, field.schema);
      const given = Object.keys(wanted).sort();
      // A union (a volume's source, a rollout's strategy) drops what the new member does not bring.
      const stray = field.retainsKeys && Object.keys(now).some((each) => !given.includes(each));
      if (Object.keys(inner).length > 0 || stray) patch[key] = field.retainsKeys ? { $retainKeys: given, ...inner } : inner;
    } else if (Array.isArray(wanted) && Array.isArray(now) && field.merges) {
      Object.assign(patch, patchList(key, Array.isArray(before) ? before : [], wanted, now, field));
    } else if (!sameJson(wanted, now)) patch[key] = wanted;
  }
  for (const key of Object.keys(original)) if (modified[key] === undefined || modified[key] === null) patch[key] = null;
  return patch;
}

type Items = readonly unknown[];

function patchList(key: string, original: Items, modified: Items, current: Items, field: FieldFacts): JsonObject {
  const { mergeKey } = field;
  if (mergeKey === undefined) return patchTexts(key, original, modified, current);
  const keyOf = (item: unknown): unknown => (isJsonObject(item) ? item[mergeKey] : undefined);
  const find = (items: Items, item: unknown): JsonObject | undefined =>
    items.find((each): each is JsonObject => isJsonObject(each) && sameJson(each[mergeKey], keyOf(item)));
  const changed = modified.flatMap((item) => {
    const now = find(current, item);
    if (now === undefined || !isJsonObject(item)) return [item];
    const inner = patchMap(find(original, item) ?? {}, item, now, field.items);
    if (Object.keys(inner).length === 0) return [];
    const retained = field.retainsKeys ? { $retainKeys: Object.keys(item).sort() } : {};
    return [{ ...retained, ...inner, [mergeKey]: item[mergeKey] }];
  });
  const deleted = original
    .filter((item) => find(modified, item) === undefined)
    .map((item) => ({ $patch: "delete", [mergeKey]: keyOf(item) }));
  const isInOrder = sameJson(
    current.filter((item) => find(modified, item) !== undefined).map(keyOf),
    modified.filter((item) => find(current, item) !== undefined).map(keyOf),
  );
  if (changed.length + deleted.length === 0 && isInOrder) return {};
  return {
    [`$setElementOrder/${key}`]: modified.map((item) => ({ [mergeKey]: keyOf(item) })),
    ...(changed.length + deleted.length === 0 ? {} : { [key]: [...changed, ...deleted] }),
  };
}

function patchTexts(key: string, original: Items, modified: Items, current: Items): JsonObject {
  const added = modified.filter((item) => !current.includes(item));
  const deleted = original.filter((item) => !modified.includes(item));
  if (added.length + deleted.length === 0) return {};
  return {
    [`$setElementOrder/${key}`]: modified,
    ...(added.length === 0 ? {} : { [key]: added }),
    ...(deleted.length === 0 ? {} : { [`$deleteFromPrimitiveList/${key}`]: deleted }),
  };
}

interface FieldFacts {
  readonly schema: SchemaNode | undefined;
  /** The schema of a list's items. */
  readonly items: SchemaNode | undefined;
  readonly merges: boolean;
  readonly retainsKeys: boolean;
  readonly strategy: string;
  readonly mergeKey: string | undefined;
}

function fieldOf(schema: SchemaNode | undefined, name: string): FieldFacts {
  const entry = schema?.type === "object" ? schema.fields()[name] : undefined;
  const node = schema?.type === "map" ? schema.values : entry?.schema.node;
  const strategy = entry?.patchStrategy ?? "";
  return {
    schema: node,
    items: node?.type === "list" ? node.items : undefined,
    merges: strategy.includes("merge"),
    retainsKeys: strategy.includes("retainKeys"),
    strategy,
    mergeKey: entry?.mergeKey,
  };
}
