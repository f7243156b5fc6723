import { expect, test } from "vitest";
import { asRead, noon, rowOf } from "../testing/kind-under-test.ts";
import { ServiceAccountKind } from "./service-account.ts";

const secrets = [{ kind: "Secret", namespace: "other", name: "token" }, { name: "login" }];

test("of the Secrets of a ServiceAccount only the names are kept", () => {
  const prepared = ServiceAccountKind.strategy.prepareForCreate!(asRead(ServiceAccountKind, { secrets }), {
    now: noon,
    user: { name: "ada", groups: [] },
  });
  expect(prepared.secrets).toEqual([{ name: "token" }, { name: "login" }]);
});

test("a table counts them", () => {
  expect([rowOf(ServiceAccountKind, { secrets }), rowOf(ServiceAccountKind, {})]).toMatchObject([{ Secrets: 2 }, { Secrets: 0 }]);
});
