import { describe, expect, test } from "vitest";
import {
  isCIdentifier,
  isConditionReason,
  isConfigMapKey,
  isDns1035Label,
  isDnsLabel,
  isDnsSubdomain,
  isDnsSubdomainCaseless,
  isEnvVarName,
  isHttpHeaderName,
  isInRange,
  isLabelValue,
  isObjectName,
  isPathSegment,
  isPercent,
  isPortName,
  isPortNumber,
  isQualifiedName,
  isWildcardDnsSubdomain,
} from "./names.ts";

const rules = {
  isDnsSubdomain: [
    isDnsSubdomain,
    ["a", "web", "my-web.example.com", "1.2"],
    ["", "A", "a_b", "-a", "a-", "a..b", "a.", ".", "a".repeat(254)],
  ],
  isDnsSubdomainCaseless: [isDnsSubdomainCaseless, ["A.b"], ["a_b", "-A"]],
  isDnsLabel: [isDnsLabel, ["a", "a-1", "1a", "a".repeat(63)], ["", "a.b", "a_b", "-a", "a-", "a".repeat(64), "ä"]],
  isDns1035Label: [isDns1035Label, ["a", "a-1"], ["1a", "a.b", "", "a".repeat(64)]],
  isWildcardDnsSubdomain: [isWildcardDnsSubdomain, ["*.example.com"], ["example.com", "*.", "a.*.com", "*"]],
  isQualifiedName: [
    isQualifiedName,
    ["a", "A.b_c-d", "example.com/a", "1"],
    ["", "/a", "a/", "a/b/c", "-a", "a-", "A.com/x", "a b", "a".repeat(64), `${"a".repeat(254)}/b`],
  ],
  isLabelValue: [isLabelValue, ["", "a", "A_b.c-1"], ["-a", "a-", "a/b", "a".repeat(64)]],
  isPathSegment: [isPathSegment, ["system:node", "a b", "ü", "..."], [".", "..", "a/b", "a%b"]],
  isPortName: [isPortName, ["http", "a-1", "1-a"], ["", "HTTP", "1", "a--b", "-a", "a-", "a".repeat(16)]],
  isEnvVarName: [isEnvVarName, ["A", "1a", "a.b", "a b", "~"], ["", "a=b", "ö", "\n"]],
  isConfigMapKey: [isConfigMapKey, ["a", "A_b.txt", ".a"], ["", "a/b", ".", "..", "..a", "a".repeat(254)]],
  isCIdentifier: [isCIdentifier, ["_a", "A1"], ["1a", "a-b", ""]],
  isPercent: [isPercent, ["0%", "150%"], ["%", "5", "-5%", "5.5%"]],
  isHttpHeaderName: [isHttpHeaderName, ["X-Header"], ["X Header", "", "a_b"]],
  isConditionReason: [isConditionReason, ["MinimumReplicasAvailable", "A:b,c_"], ["1a", "a-b", "a:", ""]],
} as const;

describe.each(Object.entries(rules))("%s", (_, [rule, good, bad]) => {
  test.each(good.map((text) => [text]))("takes %#", (text) => {
    expect(rule(text)).toEqual([]);
  });

  test.each(bad.map((text) => [text]))("refuses %#", (text) => {
    expect(rule(text).length).toBeGreaterThan(0);
  });

  test("is not held up by a long text", () => {
    expect(rule("a".repeat(200_000)).length).toBeLessThan(10);
    expect(rule(`${"a.".repeat(100_000)}!`).length).toBeLessThan(10);
  });
});

describe("what is wrong with a name is said in upstream's words", () => {
  test.each([
    [
      isDnsSubdomain("A_b"),
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
    [
      isDnsLabel("-a"),
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
    [isDnsLabel("a.b"), "must not contain dots"],
    [isDnsLabel("a".repeat(64)), "must be no more than 63 characters"],
    [isLabelValue("a".repeat(64)), "must be no more than 63 bytes"],
    [isQualifiedName("/a"), "prefix part must be non-empty"],
    [
      isQualifiedName("a/b/c"),
      "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ],
    [isPathSegment("a%b"), "may not contain '%'"],
    [isConfigMapKey("..a"), "must not start with '..'"],
    [isEnvVarName("a=b"), "a valid environment variable name must consist only of printable ASCII characters other than '='"],
    [isInRange(0, 1, 100), "must be between 1 and 100, inclusive"],
    [isPortNumber(70_000), "must be between 1 and 65535, inclusive"],
  ])("%#", (problems, text) => {
    expect(problems).toEqual([text]);
  });

  test("each part of a key is named", () => {
    expect(isQualifiedName("A.com/-x").map((problem) => problem.slice(0, 30))).toEqual([
      "prefix part a lowercase RFC 11",
      "name part must consist of alph",
    ]);
    expect(isQualifiedName("")).toHaveLength(2);
  });
});

test("the beginning of a generated name may end in a dash", () => {
  expect(isObjectName("dnsSubdomain", "web-", { prefix: true })).toEqual([]);
  expect(isObjectName("dnsSubdomain", "web-")).not.toEqual([]);
  expect(isObjectName("dns1035Label", "1web-", { prefix: true })).not.toEqual([]);
  expect(isObjectName("dnsLabel", "a.b")).not.toEqual([]);
  expect(isObjectName("pathSegment", "..", { prefix: true })).toEqual([]);
  expect(isObjectName("pathSegment", "..")).not.toEqual([]);
});
