/** Holds the documents to the tree: local links lead somewhere, and the two READMEs tell the same story in the same tables. */
import { existsSync, readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { dirname, join } from "node:path";
import { root } from "./root.ts";

export async function checkDocs(): Promise<readonly string[]> {
  const wrong: string[] = [];
  for await (const path of glob("{*.md,docs/**/*.md}", { cwd: root })) {
    const text = readFileSync(join(root, path), "utf8");
    for (const [, link = ""] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      if (!existsSync(join(root, dirname(path), link))) wrong.push(`${path}: the link to ${link} leads nowhere`);
    }
  }
  const [english, chinese] = ["README.md", "README.zh-CN.md"].map((name) => tableRows(readFileSync(join(root, name), "utf8")));
  if (english!.length !== chinese!.length) {
    wrong.push(`README.md has ${english!.length} table rows, README.zh-CN.md ${chinese!.length}: bring them to the same state`);
  }
  return wrong;
}

function tableRows(markdown: string): readonly string[] {
  return markdown.split("\n").filter((line) => line.startsWith("|"));
}
