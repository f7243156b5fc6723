import { kinds } from "@kubets/api";
import { applyDefaults, decodeObject } from "@kubets/machinery";
import { expect, test } from "vitest";
import { arbitraryObject } from "../testing/arbitrary-objects.ts";
import { CachedObject, encodeStored, storedFormOf } from "./cached-object.ts";

const stored = kinds.filter(({ storedAs, verbs }) => storedAs === undefined && verbs.includes("get"));

test.each(stored.map((kind) => [kind.resource, kind] as const))(
  "readers in the process get of %s what they would get from the bytes",
  (_name, kind) => {
    const form = storedFormOf(kind);
    for (let seed = 1; seed <= 25; seed++) {
      const decoded = decodeObject(kind.schema, arbitraryObject(kind, seed)).object;
      for (const object of [decoded, applyDefaults(kind.schema, decoded)]) {
        const bytes = encodeStored(kind, object);
        const fresh = CachedObject.stored("/registry/some", 7, bytes, form);
        const fromBytes = new CachedObject("/registry/some", 7, fresh.bytes, form);
        // The order of fields counts as well: it is the order in which they are written.
        expect(JSON.stringify(fresh.object)).toBe(JSON.stringify(fromBytes.object));
        expect(fresh.object).toStrictEqual(fromBytes.object);
        expect(fresh.object.metadata.resourceVersion).toBe("7");
      }
    }
  },
);

test("what a reader gets can't be changed", () => {
  const kind = stored[0]!;
  const bytes = encodeStored(kind, decodeObject(kind.schema, arbitraryObject(kind, 1)).object);
  const { object } = CachedObject.stored("/registry/some", 7, bytes, storedFormOf(kind));
  expect(Object.isFrozen(object) && Object.isFrozen(object.metadata)).toBe(true);
});
