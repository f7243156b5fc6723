import { readFileSync } from "node:fs";
import { allKinds } from "@kubets/api";
import { apiReference } from "@kubets/apiserver";
import { expect, test } from "vitest";
import { apiReferencePath } from "./api-reference.ts";

test("docs/reference/api.md lists what is served (node --conditions=source tools/api-reference.ts writes it)", () => {
  expect(readFileSync(apiReferencePath, "utf8")).toBe(apiReference(allKinds));
});
