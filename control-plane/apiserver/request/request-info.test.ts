import { expect, test } from "vitest";
import { requestInfoOf } from "./request-info.ts";

const none = { group: "", version: "v1", namespace: "", resource: "", subresource: "", rest: "", name: "" };

test.each([
  ["GET", "/api/v1/pods", "list", { resource: "pods" }],
  ["GET", "/api/v1/pods?watch=true", "watch", { resource: "pods" }],
  ["GET", "/api/v1/pods?watch=0", "list", { resource: "pods" }],
  ["GET", "/api/v1/watch/pods", "watch", { resource: "pods" }],
  ["GET", "/api/v1/watch/namespaces/x/pods/a", "watch", { namespace: "x", resource: "pods", name: "a" }],
  ["GET", "/api/v1/namespaces/x/pods/a", "get", { namespace: "x", resource: "pods", name: "a" }],
  ["HEAD", "/api/v1/namespaces/x/pods/a", "get", { namespace: "x", resource: "pods", name: "a" }],
  ["GET", "/api/v1/namespaces/x/pods/a/log?follow=1", "get", { namespace: "x", resource: "pods", name: "a", subresource: "log" }],
  ["POST", "/api/v1/namespaces/x/pods", "create", { namespace: "x", resource: "pods" }],
  ["PUT", "/api/v1/namespaces/x/pods/a/status", "update", { namespace: "x", resource: "pods", name: "a", subresource: "status" }],
  ["PATCH", "/apis/apps/v1/namespaces/x/deployments/a", "patch", { group: "apps", namespace: "x", resource: "deployments", name: "a" }],
  ["DELETE", "/apis/apps/v1/namespaces/x/deployments/a", "delete", { group: "apps", namespace: "x", resource: "deployments", name: "a" }],
  ["DELETE", "/apis/apps/v1/namespaces/x/deployments", "deletecollection", { group: "apps", namespace: "x", resource: "deployments" }],
  ["GET", "/api/v1/namespaces", "list", { resource: "namespaces" }],
  ["GET", "/api/v1/namespaces/x", "get", { namespace: "x", resource: "namespaces", name: "x" }],
  ["PUT", "/api/v1/namespaces/x/finalize", "update", { namespace: "x", resource: "namespaces", name: "x", subresource: "finalize" }],
  ["GET", "/api/v1/pods?fieldSelector=metadata.name%3Da", "list", { resource: "pods", name: "a" }],
  ["GET", "/api/v1/nodes/n/proxy/a%2Fb/c/", "get", { resource: "nodes", name: "n", subresource: "proxy", rest: "a%2Fb/c/" }],
  [
    "GET",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node",
    "get",
    { group: "rbac.authorization.k8s.io", resource: "clusterroles", name: "system:node" },
  ],
] as const)("%s %s is to %s", (method, target, verb, resource) => {
  expect(requestInfoOf({ method, target })).toMatchObject({ verb, resource: { ...none, ...resource } });
});

test.each(["/", "/healthz", "/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/openapi/v3/apis/apps/v1"])(
  "%s names no resource",
  (target) => {
    const info = requestInfoOf({ method: "GET", target });
    expect(info).toMatchObject({ verb: "get", path: target });
    expect(info.resource).toBeUndefined();
  },
);

test("a path that can't be decoded is a bad request", () => {
  expect(() => requestInfoOf({ method: "GET", target: "/api/v1/namespaces/%E0%A4%A/pods" })).toThrow(/invalid escape/);
});
