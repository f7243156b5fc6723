import { expect, test } from "vitest";
import { parseCommandLine } from "../command-line/flags.ts";
import { judgeOf, type Verdict } from "./proxy-filter.ts";
import { proxy } from "./proxy.ts";

const judge = (target: string, { flags = "", method = "GET", host = "127.0.0.1:8001" } = {}): Verdict =>
  judgeOf(parseCommandLine(flags.split(" ").filter(Boolean), proxy.flags).flags)({ method, target, host });

test.each([
  ["/api/v1/pods?limit=1", "", "/api/v1/pods?limit=1"],
  ["/", "", "/"],
  ["/apis/a%2Fb/", "", "/apis/a%2Fb/"],
  ["/custom/api/v1/pods", "--api-prefix=/custom", "/api/v1/pods"],
  ["/api/v1/pods", "--api-prefix=/api", "/api/v1/pods"],
  ["/api/v1/namespaces/a/pods/b/exec", "--reject-paths=", "/api/v1/namespaces/a/pods/b/exec"],
  ["/api/v1/namespaces/a/pods/b/exec", "--disable-filter", "/api/v1/namespaces/a/pods/b/exec"],
])("%s with %j is passed on as %s", (target, flags, expected) => {
  expect(judge(target, { flags })).toEqual({ is: "passed on", target: expected });
});

test.each(["localhost", "localhost:8001", "127.0.0.1:1"])("who asks %s is served", (host) => {
  expect(judge("/version", { host }).is).toBe("passed on");
});

test.each([
  ["/api/v1/namespaces/a/pods/b/exec?command=sh", {}],
  ["/api/v1/namespaces/a/pods/b/attach", {}],
  // Another way to write the same.
  ["/api/v1/namespaces/a/pods/b/%65xec", {}],
  ["/api/v1/namespaces/a/pods/b%2Fexec", {}],
  ["/custom/api/v1/namespaces/a/pods/b/exec", { flags: "--api-prefix=/custom/" }],
  // A page from elsewhere whose name leads to this machine.
  ["/version", { host: "evil.example:8001" }],
  ["/version", { host: "" }],
  ["/version", { flags: "--accept-paths=^/api" }],
  ["/version", { flags: "--reject-methods=POST,^DELETE$", method: "DELETE" }],
])("%s with %j is forbidden", (target, more) => expect(judge(target, more)).toEqual({ is: "forbidden" }));

test.each<readonly [target: string, verdict: Verdict]>([
  ["//api/v1/namespaces/a/pods/b/exec", { is: "redirected", location: "/api/v1/namespaces/a/pods/b/exec" }],
  ["/api/../api/v1/?a=b", { is: "redirected", location: "/api/v1/?a=b" }],
  ["/%zz", { is: "malformed" }],
  ["http://elsewhere/", { is: "malformed" }],
])("%s is %j", (target, verdict) => expect(judge(target)).toEqual(verdict));

test("what isn't below the prefix is unknown", () => {
  expect(judge("/version", { flags: "--api-prefix=/custom" })).toEqual({ is: "unknown" });
});

test("what is no regular expression is refused at once", () => {
  expect(() => judge("/", { flags: "--accept-paths=(" })).toThrow("Error compiling re");
});
