import { expect, test } from "vitest";
import { importBudgets, importsOf } from "./import-budget.ts";

const imports = await importsOf(importBudgets);

test.each(importBudgets)("$command loads what it needs", (budget) => {
  const { modules, kilobytes } = imports.get(budget)!;
  const { mostModules, mostKilobytes, never = [] } = budget;
  expect({
    needless: modules.filter((module) => never.some((folder) => module.startsWith(folder))),
    modules: modules.length > mostModules ? modules.length : "within the budget",
    kilobytes: kilobytes > mostKilobytes ? kilobytes : "within the budget",
  }).toEqual({ needless: [], modules: "within the budget", kilobytes: "within the budget" });
});
