import { expect, test } from "vitest";
import { asRead, problemsOf } from "../testing/kind-under-test.ts";
import { TokenRequestKind } from "./token-request.ts";

test("a token holds for an hour where nothing is said", () => {
  expect(asRead(TokenRequestKind, {}).spec.expirationSeconds).toBe(3600);
});

test.each([
  [600, []],
  [599, ["spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes"]],
  [2 ** 32 + 1, ["spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds"]],
])("a token for %d seconds", (expirationSeconds, problems) => {
  expect(problemsOf(TokenRequestKind, { spec: { expirationSeconds } })).toEqual(problems);
});
