import { describe, expect, test } from "vitest";
import { cleanPath, entriesOf, folderOf, lastPartOf, placeOfEntry, readCopiedPath } from "./copied-paths.ts";

test.each<readonly [text: string, expected: object]>([
  ["a/b", { in: "machine", path: "a/b" }],
  ["folder/", { in: "machine", path: "folder" }],
  ["/", { in: "machine", path: "/" }],
  ["web:/tmp/a", { in: "pod", pod: "web", path: "/tmp/a" }],
  ["blue/web:a/", { in: "pod", namespace: "blue", pod: "web", path: "a" }],
  ["web:a:b", { in: "pod", pod: "web", path: "a:b" }],
])("%j is a path on the machine or in a Pod", (text, expected) => expect(readCopiedPath(text)).toEqual(expected));

test.each([":/tmp/a", "a/b/c:/tmp/a"])("%j is neither", (text) => {
  expect(() => readCopiedPath(text)).toThrow("filespec must match the canonical format");
});

test.each([
  ["/a/../b/./c//d", "/b/c/d"],
  ["/../../a", "/a"],
  ["../a/../../b", "../../b"],
  ["a/..", "."],
  ["/", "/"],
  ["", "."],
])("%j cleaned is %j", (path, clean) => expect(cleanPath(path)).toBe(clean));

test.each([
  ["/tmp/a", "/tmp", "a"],
  ["/a", "/", "a"],
  ["a", ".", "a"],
  ["a/b/", "a", "b"],
])("%j lies in %j as %j", (path, folder, last) => expect([folderOf(path), lastPartOf(path)]).toEqual([folder, last]));

test.each([
  ["/tmp/a", "tmp/a"],
  ["../../etc", "etc"],
  ["/../../etc", "etc"],
  [".", ""],
  ["/", ""],
])("tar's entries of %j begin with %j", (path, prefix) => expect(entriesOf(path)).toBe(prefix));

describe("an entry of an archive", () => {
  test.each([
    ["tmp/a", "here", "here"],
    ["tmp/a/b/c", "here", "here/b/c"],
    ["tmp/a/", "here/", "here"],
    ["tmp/a/b", ".", "b"],
    ["tmp/a/b", "/", "/b"],
    ["tmp/a/b", "../up", "../up/b"],
    ["tmp/a/x/../b", "/here", "/here/b"],
  ])("%j, copied to %j, goes to %j", (name, into, place) => expect(placeOfEntry(name, { prefix: "tmp/a", into })).toBe(place));

  test.each([
    ["tmp/a/../../../etc/passwd", "here"],
    ["tmp/a/../b", "/here"],
    ["tmp/a/../../b", "."],
    ["tmp/a/../../b", ".."],
    ["tmp/a/../hereafter", "/here"],
  ])("%j, copied to %j, goes nowhere", (name, into) => expect(placeOfEntry(name, { prefix: "tmp/a", into })).toBeUndefined());

  test("that isn't what was asked for spoils the archive", () => {
    expect(() => placeOfEntry("etc/passwd", { prefix: "tmp/a", into: "here" })).toThrow("tar contents corrupted");
  });
});
