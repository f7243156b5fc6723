import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { knownBehaviours, renderTable, shownBehaviours, tablePath } from "./table.ts";

test("every behaviour that a test shows is one of upstream's, and shown once", async () => {
  const ids = (await shownBehaviours()).map(({ id }) => id);
  const known = new Set(knownBehaviours().map(({ id }) => id));
  expect(ids.filter((id) => !known.has(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("the page of shown behaviours is current", async () => {
  expect(readFileSync(tablePath, "utf8")).toBe(renderTable(knownBehaviours(), await shownBehaviours()));
});
