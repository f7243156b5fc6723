import { expect, test } from "vitest";
import { notPassing } from "./testing/conformance-not-passing.ts";
import { conformanceCases, runCase } from "./testing/conformance-suite.ts";

const excused = new Set(Object.values(notPassing).flat());
const isExcused = (id: string): boolean => excused.has(id) || excused.has(`${id.slice(0, id.lastIndexOf("/"))}/*`);

test("every case of the official suite goes as it says, but for those that are listed with a reason", () => {
  const failures = conformanceCases().flatMap((each) => {
    const problem = runCase(each);
    return problem === undefined || isExcused(each.id) ? [] : [`${each.id}: ${each.expr}: ${problem}`];
  });
  expect(failures).toEqual([]);
});

test("what is listed as not passing really doesn't, and the rest are most of all", () => {
  const cases = conformanceCases();
  const passing = cases.filter((each) => runCase(each) === undefined);
  expect(passing.filter(({ id }) => isExcused(id)).map(({ id }) => id)).toEqual([]);
  expect({ cases: cases.length, passing: passing.length }).toEqual({ cases: 2344, passing: 1591 });
});
