import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compactRules, describeRule, missingRights } from "./covering.ts";
import { type Rule, ruleAllows } from "./policy-rules.ts";

const pods: Rule = { verbs: ["get", "list"], apiGroups: [""], resources: ["pods", "pods/log"] };

test("rights within a held rule are covered", () => {
  expect(missingRights([pods], [{ verbs: ["get"], apiGroups: [""], resources: ["pods/log"], resourceNames: ["web"] }])).toEqual([]);
});

test("what is missing is named right by right", () => {
  expect(missingRights([pods], [{ verbs: ["get", "delete"], apiGroups: [""], resources: ["pods", "secrets"] }])).toEqual([
    { verbs: ["delete"], apiGroups: [""], resources: ["pods"] },
    { verbs: ["get"], apiGroups: [""], resources: ["secrets"] },
    { verbs: ["delete"], apiGroups: [""], resources: ["secrets"] },
  ]);
});

test.each<[string, Rule, Rule, boolean]>([
  ["everything covers anything", { verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, pods, true],
  ["many verbs are not all verbs", pods, { verbs: ["*"], apiGroups: [""], resources: ["pods"] }, false],
  [
    "the subresource of all covers that of one",
    { verbs: ["get"], apiGroups: ["*"], resources: ["*/scale"] },
    { verbs: ["get"], apiGroups: ["apps"], resources: ["deployments/scale"] },
    true,
  ],
  ["one object doesn't cover all", { ...pods, resourceNames: ["web"] }, { verbs: ["get"], apiGroups: [""], resources: ["pods"] }, false],
  [
    "a path with a star covers those below",
    { verbs: ["get"], nonResourceURLs: ["/apis/*"] },
    { verbs: ["get"], nonResourceURLs: ["/apis/apps", "/apis/*"] },
    true,
  ],
  [
    "a path doesn't cover those below",
    { verbs: ["get"], nonResourceURLs: ["/apis"] },
    { verbs: ["get"], nonResourceURLs: ["/apis/apps"] },
    false,
  ],
])("%s", (_, held, wanted, covered) => {
  expect(missingRights([held], [wanted]).length === 0).toBe(covered);
});

test("who holds what covers a rule may do everything that the rule allows", () => {
  const words = (...values: readonly string[]): fc.Arbitrary<string[]> =>
    fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
  const rule = fc.record({
    verbs: words("*", "get", "list"),
    apiGroups: words("*", "", "apps"),
    resources: words("*", "pods", "pods/log", "*/log", "nodes"),
  });
  const request = fc.record({
    verb: fc.constantFrom("get", "list", "delete"),
    group: fc.constantFrom("", "apps", "batch"),
    resource: fc.constantFrom("pods", "nodes"),
    subresource: fc.constantFrom("", "log"),
  });
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 3 }), rule, request, (held, wanted, { verb, ...resource }) => {
      const asked = { user: { name: "x", groups: [] }, verb, path: "", resource: { ...resource, version: "v1", namespace: "", name: "" } };
      if (missingRights(held, [wanted]).length > 0 || !ruleAllows(wanted, asked)) return;
      expect(held.some((each) => ruleAllows(each, asked))).toBe(true);
    }),
    { seed: 7, numRuns: 2000 },
  );
});

test("a refusal shows rights put together by resource", () => {
  const missing = missingRights([], [{ verbs: ["get", "list"], apiGroups: ["apps"], resources: ["deployments"] }]);
  expect(compactRules(missing).map(describeRule)).toEqual(['{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}']);
});
