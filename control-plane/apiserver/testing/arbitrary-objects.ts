import { apiVersionOf, type Kind, type KubernetesObject, type ObjectNode, type SchemaNode, seededRandom } from "@kubets/machinery";

/**
 * Objects of a kind such as a writer might leave them: fields in any order, zeros where they mean nothing, maps in no order, texts of
 * every sort. The same seed gives the same object.
 */
export function arbitraryObject(kind: Kind, seed: number): KubernetesObject {
  const random = seededRandom(seed);
  const chance = (share: number): boolean => random.fraction() < share;
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random.fraction() * items.length)]!;
  const shuffled = <Item>(items: readonly Item[]): readonly Item[] =>
    items
      .map((item) => ({ item, at: random.fraction() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ item }) => item);

  const objectOf = (node: ObjectNode, depth: number): Record<string, unknown> => {
    const fields = shuffled(Object.entries(node.fields())).filter(([, { required }]) => required || chance(depth > 3 ? 0.15 : 0.5));
    return Object.fromEntries(fields.map(([name, { schema }]) => [name, valueOf(schema.node, depth + 1)]));
  };
  const count = (depth: number): number => (depth > 5 ? 0 : Math.floor(random.fraction() * 3));
  const valueOf = (node: SchemaNode, depth: number): unknown => {
    switch (node.type) {
      case "object":
        return depth > 7 ? {} : objectOf(node, depth);
      case "list":
        return Array.from({ length: count(depth) }, () => valueOf(node.items, depth + 1));
      case "map":
        return Object.fromEntries(Array.from({ length: count(depth) }, () => [pick(keys), valueOf(node.values, depth + 1)]));
      case "string":
        return pick(node.enum ?? texts);
      case "boolean":
        return chance(0.5);
      case "integer":
        return pick([0, 1, -1, 443, 2 ** 31 - 1]);
      case "number":
        return pick([0, 0.5, -1e21]);
      case "bytes":
        return pick(["", "aGVsbG8="]);
      case "quantity":
        return pick(["0", "1", "250m", "1.5Gi", "1000Mi"]);
      case "intOrString":
        return pick([0, 80, "http", ""]);
      case "time":
        return pick(["2026-01-02T03:04:05Z", "2026-01-02T03:04:05+02:00"]);
      case "microTime":
        return pick(["2026-01-02T03:04:05.000006Z", "2026-01-02T03:04:05Z"]);
      case "duration":
        return pick(["0s", "90s", "1h30m0s"]);
      case "json":
        return node.object ? { z: [1, { b: null, a: "é" }], a: 1.5 } : pick([1, "x", true, [1, 2], { b: 1, a: 2 }]);
    }
  };
  const object = kind.schema.node.type === "object" ? objectOf(kind.schema.node, 0) : {};
  return { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: metadataOf(object) } as KubernetesObject;
}

function metadataOf({ metadata = {} }: { readonly metadata?: unknown }): unknown {
  return { ...(metadata as object), name: "some", uid: "5f0d2c5e-9d53-4c39-8f6c-6f0e2b1d7a12", creationTimestamp: "2026-01-01T12:00:00Z" };
}

const texts: readonly string[] = [
  "",
  "a",
  'quote " and \\ back',
  "line\nbreak\ttab",
  "<&>\u2028",
  "snow ☃ 😀",
  "\u0001",
  "\ud800 lone",
  "x".repeat(70),
];
const keys: readonly string[] = ["b", "a", "10", "9", "__proto__", "toString", "a/b", "é"];
