import fc from "fast-check";
import { expect, test } from "vitest";
import { kindObject } from "../kind-object.ts";
import type { KubernetesObject } from "../meta.ts";
import { type defaulted, flag, integer, list, map, object, type ObjectNode, string, struct, text } from "../schema.ts";
import { changesBetween, written } from "./changes.ts";
import { haveSameShape } from "./shape.ts";
import { type JsonObject, structOf } from "./topology.ts";

interface Thing extends KubernetesObject {
  readonly [defaulted]?: "spec";
  readonly spec: { readonly containers: readonly Container[]; readonly hostNetwork?: boolean };
}

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly args?: readonly string[];
  readonly ports?: readonly Port[];
  readonly limits?: Readonly<Record<string, string>>;
}

interface Port {
  readonly [defaulted]?: "protocol";
  readonly containerPort: number;
  readonly protocol: string;
}

const port = object<Port>("Port", "A port.", {
  containerPort: integer({ field: 1, required: true, doc: "Its number." }),
  protocol: text({ field: 2, default: "TCP", doc: "How it speaks." }),
});
const container = object<Container>("Container", "A container.", {
  name: text({ field: 1, required: true, doc: "Its name." }),
  image: text({ field: 2, doc: "Its image." }),
  args: list(string, { field: 3, listType: "set", doc: "Its arguments, for once a set." }),
  ports: list(port, { field: 4, listType: "map", mapKeys: ["containerPort", "protocol"], doc: "Its ports." }),
  limits: map(string, { field: 5, doc: "Its limits." }),
});
const spec = object<Thing["spec"]>("Spec", "What is wanted.", {
  containers: list(container, { field: 1, required: true, listType: "map", mapKeys: ["name"], doc: "Its containers." }),
  hostNetwork: flag({ field: 2, doc: "Whose network." }),
});
const thing = kindObject<Thing>("Thing", "Like a Pod.", { spec: struct(spec, { field: 2, default: {}, doc: "What is wanted." }) });
const pod = structOf(thing.node as ObjectNode);

const word = fc.constantFrom("", "a", "b");
const aContainer = fc.record(
  {
    name: fc.constantFrom("x", "y"),
    image: word,
    args: fc.uniqueArray(word, { maxLength: 2 }),
    ports: fc.array(fc.record({ containerPort: fc.constantFrom(80, 443), protocol: fc.constantFrom("TCP", "UDP") }), {
      maxLength: 2,
    }),
    limits: fc.dictionary(fc.constantFrom("cpu", "memory"), word),
  },
  { requiredKeys: ["name"] },
);
const aPod: fc.Arbitrary<JsonObject> = fc.record({
  metadata: fc.record({ labels: fc.dictionary(fc.constantFrom("a", "b"), word) }, { requiredKeys: [] }),
  spec: fc.record({ containers: fc.array(aContainer, { maxLength: 2 }), hostNetwork: fc.boolean() }, { requiredKeys: ["containers"] }),
});

test("objects of one shape have the same fields", () => {
  let same = 0;
  fc.assert(
    fc.property(aPod, aPod, (one, other) => {
      if (!haveSameShape(pod, one, other)) return;
      same++;
      const fieldsOf = (object: JsonObject): string => JSON.stringify(written(changesBetween(pod, {}, object)));
      expect(fieldsOf(one)).toBe(fieldsOf(other));
    }),
    { numRuns: 3000 },
  );
  expect(same).toBeGreaterThan(10);
});

test("other values in the same places are of the same shape, another key or item is not", () => {
  const like = (image: string, label: string, port: number): JsonObject => ({
    metadata: { labels: { [label]: image } },
    spec: { containers: [{ name: "x", image, ports: [{ containerPort: port }] }] },
  });
  expect(haveSameShape(pod, like("a", "l", 80), like("b", "l", 80))).toBe(true);
  expect(haveSameShape(pod, like("a", "l", 80), like("a", "m", 80))).toBe(false);
  expect(haveSameShape(pod, like("a", "l", 80), like("a", "l", 81))).toBe(false);
  expect(haveSameShape(pod, like("a", "l", 80), like("", "l", 80))).toBe(false);
});
