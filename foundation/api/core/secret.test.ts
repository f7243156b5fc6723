import { describe, expect, test } from "vitest";
import { asRead, problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { SecretKind } from "./secret.ts";

test("stringData is folded into data, where it wins, and is not kept", () => {
  const { type, data, stringData } = asRead(SecretKind, { data: { a: btoa("old"), b: btoa("kept") }, stringData: { a: "new", c: "grüß" } });
  expect({ type, data, stringData }).toEqual({
    type: "Opaque",
    data: { a: btoa("new"), b: btoa("kept"), c: "Z3LDvMOf" },
    stringData: undefined,
  });
});

test("a large text can be folded in", () => {
  expect(asRead(SecretKind, { stringData: { a: "x".repeat(500_000) } }).data?.["a"]).toBe(btoa("x".repeat(500_000)));
});

describe("a Secret of a well-known type has what its readers rely on", () => {
  test.each([
    [{ type: "kubernetes.io/tls", data: { "tls.crt": "" } }, ["data[tls.key]: Required value"]],
    [{ type: "kubernetes.io/basic-auth" }, ["data[username]: Required value", "data[password]: Required value"]],
    [{ type: "kubernetes.io/basic-auth", data: { password: "" } }, []],
    [{ type: "kubernetes.io/ssh-auth", data: { "ssh-privatekey": "" } }, ["data[ssh-privatekey]: Required value"]],
    [{ type: "kubernetes.io/dockerconfigjson" }, ["data[.dockerconfigjson]: Required value"]],
    [{ type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": btoa("{}") } }, []],
    [{ type: "kubernetes.io/service-account-token" }, ["metadata.annotations[kubernetes.io/service-account.name]: Required value"]],
    [{ type: "example.com/mine" }, []],
  ])("%j", (body, problems) => {
    expect(problemsOf(SecretKind, body)).toEqual(problems);
  });

  test("a registry login that is no JSON object is refused without showing it", () => {
    const [problem] = problemsOf(SecretKind, { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": btoa("hunter2") } });
    expect(problem).toMatch(/^data\[\.dockerconfigjson\]: Invalid value: "<secret contents redacted>": /);
    expect(problem).not.toContain("hunter2");
  });
});

test("a Secret keeps its type, and an immutable one its data", () => {
  const from = { immutable: true, type: "Opaque", data: { a: "AA==" } };
  const text = "Forbidden: field is immutable when `immutable` is set";
  expect(problemsOfUpdate(SecretKind, from, { type: "example.com/mine", data: {} })).toEqual([
    'type: Invalid value: "example.com/mine": field is immutable',
    `immutable: ${text}`,
    `data: ${text}`,
  ]);
});

test("a table shows a Secret's type and counts its keys", () => {
  expect(rowOf(SecretKind, { data: { a: "" } })).toEqual({ Name: "web", Type: "Opaque", Data: 1, Age: "60s" });
});
