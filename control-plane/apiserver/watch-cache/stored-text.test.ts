import { ConfigMapKind, kinds } from "@kubets/api";
import { decodeObject, type Kind, type KubernetesObject } from "@kubets/machinery";
import { expect, test } from "vitest";
import { arbitraryObject } from "../testing/arbitrary-objects.ts";
import { storedText } from "./stored-text.ts";

const stored = kinds.filter(({ storedAs, verbs }) => storedAs === undefined && verbs.includes("get"));

test.each(stored.map((kind) => [kind.resource, kind] as const))("%s are written as JSON.stringify writes them", (_name, kind) => {
  for (let seed = 1; seed <= 25; seed++) {
    const object = decodeObject(kind.schema, arbitraryObject(kind, seed)).object as KubernetesObject;
    expect(storedText(kind, object)).toBe(JSON.stringify(object));
    // What managers own is known by now.
    expect(storedText(kind, object)).toBe(JSON.stringify(object));
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
  expect(storedText(ConfigMapKind as unknown as Kind, object)).toBe(JSON.stringify(object));
});
