import { ConfigMapKind, kinds, type Pod, PodKind } from "@kubets/api";
import { applyDefaults, decodeObject, encodeObject, type Kind, type KubernetesObject, withMetSpec } from "@kubets/machinery";
import { expect, test } from "vitest";
import { arbitraryObject } from "../testing/arbitrary-objects.ts";
import { storedBytes } from "./stored-bytes.ts";

const decoder = new TextDecoder();
const textOf = (kind: Kind, object: KubernetesObject): string => decoder.decode(storedBytes(kind, object));

const stored = kinds.filter(({ storedAs, verbs }) => storedAs === undefined && verbs.includes("get"));

test.each(stored.map((kind) => [kind.resource, kind] as const))("%s are written as JSON.stringify writes them", (_name, kind) => {
  for (let seed = 1; seed <= 25; seed++) {
    const object = decodeObject(kind.schema, arbitraryObject(kind, seed)).object as KubernetesObject;
    expect(textOf(kind, object)).toBe(JSON.stringify(object));
    // What managers own is known by now.
    expect(textOf(kind, object)).toBe(JSON.stringify(object));
    const met = encodeObject(kind.schema, withMetSpec(kind, applyDefaults(kind.schema, object)));
    expect(textOf(kind, met)).toBe(JSON.stringify(met));
  }
});

test("names and texts that JSON escapes are escaped, what is absent is left out", () => {
  const object = {
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: {
      name: "a",
      labels: undefined,
      annotations: { 'quoted"\u0001': "\ud800 \u2028" },
      managedFields: [{ manager: 'by "hand"', fieldsV1: { 'k:{"a":"\\"}': {} } }],
    },
    data: {},
  } as unknown as KubernetesObject;
  expect(textOf(ConfigMapKind as unknown as Kind, object)).toBe(JSON.stringify(object));
});

test("what stands around a spec that was met before may be of any length and any letters", () => {
  const spec = { containers: [{ name: "main", image: "x".repeat(300) }], terminationGracePeriodSeconds: 30 };
  for (const text of ["", "é", "\u{1f600}", "\ud800", "x".repeat(9_000), "é".repeat(20_000)]) {
    const pod = { kind: "Pod", apiVersion: "v1", metadata: { name: text, annotations: { text } }, spec, status: { message: text } };
    const met = encodeObject(PodKind.schema, withMetSpec(PodKind, applyDefaults(PodKind.schema, pod as unknown as Pod)));
    expect(textOf(PodKind as unknown as Kind, met)).toBe(JSON.stringify(met));
  }
});
