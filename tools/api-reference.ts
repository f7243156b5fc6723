/** Writes docs/reference/api.md from the kinds. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { allKinds } from "@kubets/api";
import { apiReference } from "@kubets/apiserver";
import { root } from "./root.ts";

export const apiReferencePath: string = join(root, "docs/reference/api.md");

if (import.meta.main) {
  mkdirSync(dirname(apiReferencePath), { recursive: true });
  writeFileSync(apiReferencePath, apiReference(allKinds));
}
