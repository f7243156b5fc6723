import type { ObjectNode, Random, SchemaNode } from "@kubets/machinery";

/** Values that a field may be given, right or wrong for it. */
const hostileValues: readonly unknown[] = [
  null,
  "",
  "x",
  "-",
  "Ünïcodé \u0000 ​",
  "a".repeat(300),
  "__proto__",
  "100%",
  "-1Gi",
  "1e400",
  "2026-02-30T25:00:00Z",
  "10.0.0.256",
  "*",
  "(a+)+$",
  0,
  -1,
  1,
  1.5,
  65_536,
  2 ** 31,
  2 ** 53,
  1e300,
  true,
  false,
  [],
  [null],
  [[]],
  [{}],
  {},
  { "": "" },
  { __proto__: null, constructor: {} },
  { a: { b: { c: [1, "x", null] } } },
];

/**
 * An object with one to three changes: values replaced, removed, doubled, or added where the schema has a field that is absent. What
 * is drawn follows from `random` alone.
 */
export function mutated(object: unknown, node: SchemaNode, random: Random): unknown {
  let result = object;
  const changes = 1 + below(random, 3);
  for (let change = 0; change < changes; change++) result = mutatedOnce(result, node, random);
  return result;
}

function mutatedOnce(value: unknown, node: SchemaNode, random: Random): unknown {
  if (node.type === "object" && isObject(value)) return mutatedObject(value, node, random);
  if (node.type === "list" && Array.isArray(value) && value.length > 0 && below(random, 4) > 0) {
    const items: readonly unknown[] = value;
    const index = below(random, items.length);
    if (below(random, 5) === 0) return [...items, items[index]];
    return items.with(index, mutatedOnce(items[index], node.items, random));
  }
  if (node.type === "map" && isObject(value) && below(random, 4) > 0) {
    const keys = Object.keys(value);
    const key = keys[below(random, Math.max(1, keys.length))] ?? "key";
    return below(random, 4) === 0
      ? { ...value, [text(random)]: value[key] }
      : { ...value, [key]: mutatedOnce(value[key], node.values, random) };
  }
  return below(random, 3) === 0 ? fitting(node, random, 0) : hostile(random);
}

function mutatedObject(value: Readonly<Record<string, unknown>>, node: ObjectNode, random: Random): unknown {
  const fields = Object.entries(node.fields());
  const drawn = fields[below(random, Math.max(1, fields.length))];
  if (drawn === undefined || below(random, 12) === 0) return { ...value, [text(random)]: hostile(random) };
  const [name, field] = drawn;
  if (!(name in value)) return { ...value, [name]: below(random, 3) === 0 ? hostile(random) : fitting(field.schema.node, random, 0) };
  if (below(random, 8) === 0) {
    const { [name]: _, ...rest } = value;
    return rest;
  }
  return { ...value, [name]: mutatedOnce(value[name], field.schema.node, random) };
}

/** A whole number below `count`. */
export function below(random: Random, count: number): number {
  return Math.floor(random.fraction() * count);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hostile(random: Random): unknown {
  return hostileValues[below(random, hostileValues.length)];
}

const texts = ["a", "web", "example.com/a", "A.b", "1", "", "default", "kubernetes.io/x", "2001:db8::1", "true"];

function text(random: Random): string {
  return texts[below(random, texts.length)] ?? "";
}

/** A value of the schema's type, though perhaps against its kind's rules. */
function fitting(node: SchemaNode, random: Random, depth: number): unknown {
  switch (node.type) {
    case "object": {
      if (depth > 3) return {};
      const some = Object.entries(node.fields()).filter(() => below(random, 3) === 0);
      return Object.fromEntries(some.map(([name, field]) => [name, fitting(field.schema.node, random, depth + 1)]));
    }
    case "list":
      return Array.from({ length: below(random, 3) }, () => fitting(node.items, random, depth + 1));
    case "map":
      return Object.fromEntries(Array.from({ length: below(random, 3) }, () => [text(random), fitting(node.values, random, depth + 1)]));
    case "string":
      return node.enum === undefined ? text(random) : node.enum[below(random, node.enum.length)];
    case "boolean":
      return below(random, 2) === 0;
    case "integer":
      return below(random, 100) - 5;
    case "number":
      return below(random, 100) / 7;
    case "bytes":
      return btoa(text(random).replaceAll(/[^ -~]/g, ""));
    case "quantity":
      return ["1", "250m", "-1", "1Gi", "1e3", "0"][below(random, 6)];
    case "intOrString":
      return below(random, 2) === 0 ? below(random, 200) : `${below(random, 150)}%`;
    case "time":
      return "2026-01-01T00:00:00Z";
    case "microTime":
      return "2026-01-01T00:00:00.000001Z";
    case "duration":
      return "1m30s";
    default:
      return { a: text(random) };
  }
}
