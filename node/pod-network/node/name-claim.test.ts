import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimName, type NameClaim, otherOwner, releaseName } from "./name-claim.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubets-names-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const nodeOf = (name: string, cluster = "dev"): NameClaim => {
  const directory = join(folder, name);
  mkdirSync(directory, { recursive: true });
  return { cluster, directory, claims: join(folder, "claims") };
};

test("a name is one node's until it gives it back", () => {
  const [one, two] = [nodeOf("one"), nodeOf("two")];
  expect([claimName(one), claimName(one), claimName(two)]).toEqual([undefined, undefined, one.directory]);
  expect([otherOwner(one), otherOwner(two)]).toEqual([undefined, one.directory]);
  releaseName(two);
  expect(claimName(two)).toBe(one.directory);
  releaseName(one);
  expect([claimName(two), claimName(one)]).toEqual([undefined, two.directory]);
});

test("clusters of other names don't mind each other", () => {
  expect([claimName(nodeOf("one")), claimName(nodeOf("two", "test"))]).toEqual([undefined, undefined]);
});

test("the name of a node whose directory is gone is free", () => {
  const [one, two] = [nodeOf("one"), nodeOf("two")];
  claimName(one);
  rmSync(one.directory, { recursive: true });
  expect(claimName(two)).toBeUndefined();
});
