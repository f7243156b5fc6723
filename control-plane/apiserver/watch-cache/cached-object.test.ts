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

test.each(stored.slice(0, 12).map((kind) => [kind.resource, kind] as const))(
  "%s at another revision are the same objects, whether they were read, asked for their bytes, or neither",
  (_name, kind) => {
    const form = storedFormOf(kind);
    for (let seed = 1; seed <= 5; seed++) {
      const bytes = encodeStored(kind, decodeObject(kind.schema, arbitraryObject(kind, seed)).object);
      const expected = CachedObject.stored("/registry/some", 1234, bytes.slice(), form);
      for (const touch of [[], ["object"], ["bytes"], ["object", "bytes"]] as const) {
        const before = CachedObject.kept("/registry/some", 7, bytes.slice(), form);
        for (const member of touch) void before[member];
        const { object, size, bytes: moved } = before.at(1234);
        expect(JSON.stringify(object)).toBe(JSON.stringify(expected.object));
        expect(Object.isFrozen(object) && Object.isFrozen(object.metadata)).toBe(true);
        expect(size).toBe(moved.length);
        expect(moved).toEqual(expected.bytes);
      }
    }
  },
);

test("an object knows its stored bytes again, with and without a revision in its own", () => {
  const kind = stored[0]!;
  const bytes = encodeStored(kind, decodeObject(kind.schema, arbitraryObject(kind, 1)).object);
  const others = [bytes.subarray(1), bytes.map((byte, index) => (index === bytes.length - 3 ? byte ^ 1 : byte))];
  const lazy = CachedObject.stored("/registry/some", 7, bytes.slice(), storedFormOf(kind));
  const made = CachedObject.stored("/registry/some", 7, bytes.slice(), storedFormOf(kind));
  expect(made.bytes.length).toBe(lazy.size);
  for (const object of [lazy, made]) {
    expect(object.isStoredAs(bytes)).toBe(true);
    for (const other of others) expect(object.isStoredAs(other)).toBe(false);
  }
});

test("what a reader gets can't be changed", () => {
  const kind = stored[0]!;
  const bytes = encodeStored(kind, decodeObject(kind.schema, arbitraryObject(kind, 1)).object);
  const { object } = CachedObject.stored("/registry/some", 7, bytes, storedFormOf(kind));
  expect(Object.isFrozen(object) && Object.isFrozen(object.metadata)).toBe(true);
});

test("what is stored is looked at when somebody asks for bytes, once, and is then as long as was said", () => {
  const kind = stored[0]!;
  const value = encodeStored(kind, decodeObject(kind.schema, arbitraryObject(kind, 1)).object);
  const fresh = CachedObject.stored("/registry/some", 7, value, storedFormOf(kind));
  let asked = 0;
  const entry = {
    get value(): Uint8Array {
      asked++;
      return value;
    },
  };
  const known = CachedObject.known("/registry/some", 7, entry, storedFormOf(kind), fresh.object);
  expect([known.object === fresh.object, asked]).toEqual([true, 0]);
  expect([known.bytes, known.bytes, asked]).toEqual([fresh.bytes, fresh.bytes, 1]);
  const { size } = CachedObject.stored("/registry/some", 7, value.slice(), storedFormOf(kind));
  expect([size, known.size]).toEqual([fresh.bytes.length, fresh.bytes.length]);
});
