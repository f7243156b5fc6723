import { type Kind, decodeObject } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { allKinds as kinds, subresourceKinds } from "../kinds.ts";
import { hasFact, factsArePresent, readFact } from "../testing/upstream-facts.ts";

describe.skipIf(!factsArePresent)("upstream's filled objects (../shared/api/roundtrip)", () => {
  // The aggregator's kind is of another repository, whose data isn't there.
  const all = [...kinds, ...subresourceKinds].filter(({ kind }) => kind !== "APIService");
  test("there is one of every kind", () => {
    expect(all.filter((kind) => !hasFact(fileOf(kind))).map(fileOf)).toEqual([]);
  });

  test.each(all.map((kind) => [fileOf(kind), kind] as const))("%s is read and written with every field in its place", (file, kind) => {
    const given = readFact(file);
    const { object, unknownFields } = decodeObject(kind.schema, given);
    expect({ unknownFields, text: JSON.stringify(object, undefined, 2) }).toEqual({
      unknownFields: [],
      text: JSON.stringify(given, undefined, 2),
    });
  });
});

function fileOf({ group, version, kind }: Kind): string {
  return `roundtrip/${group === "apiextensions.k8s.io" ? "apiextensions" : "api"}/${group === "" ? "core" : group}.${version}.${kind}.json`;
}
