import { ConfigMapKind, PersistentVolumeClaimKind, PodKind, ResourceQuotaKind, ServiceKind } from "@kubets/api";
import type { Kind, KubernetesObject } from "@kubets/machinery";
import { expect, test } from "vitest";
import { anObject, aPod, aService } from "../testing/objects.ts";
import { reconcile } from "./reconcile.ts";

const quotaOf = (spec: object, status: object = {}) => anObject(ResourceQuotaKind, "quota", { spec, status });
const of = (kind: unknown, ...objects: readonly KubernetesObject[]) => ({ kind: kind as Kind, objects });

function used(spec: object, ...charged: readonly ReturnType<typeof of>[]): unknown {
  const { actions } = reconcile({ quota: quotaOf(spec), charged });
  return (actions as readonly { readonly object?: { readonly status?: { readonly used?: unknown } } }[])[0]?.object?.status?.used;
}

const asking = (name: string, requests: object, limits: object = {}, more: object = {}) =>
  aPod(name, { spec: { containers: [{ name: "web", image: "web:1", resources: { requests, limits } }], ...more } });

test("a Pod takes what its containers ask for, and extended resources only under requests", () => {
  const hard = { pods: "5", cpu: "2", "requests.memory": "1Gi", "limits.cpu": "4", "requests.example.com/gpu": "3", "count/pods": "9" };
  const pods = [
    asking("a", { cpu: "500m", memory: "100Mi", "example.com/gpu": "2" }, { cpu: "1", "example.com/gpu": "2" }),
    asking("b", { cpu: "250m" }),
    { ...asking("done", { cpu: "1" }), status: { phase: "Succeeded" } } as unknown as KubernetesObject,
  ];
  expect(used({ hard }, of(PodKind, ...pods))).toEqual({
    pods: "2",
    cpu: "750m",
    "requests.memory": "100Mi",
    "limits.cpu": "1",
    "requests.example.com/gpu": "2",
    "count/pods": "3",
  });
});

test.each([
  ["BestEffort", ["idle"]],
  ["NotBestEffort", ["busy", "short"]],
  ["Terminating", ["short"]],
  ["NotTerminating", ["busy", "idle"]],
  ["CrossNamespacePodAffinity", []],
] as const)("a quota of the scope %s counts the Pods %j", (scope, expected) => {
  const pods = [asking("busy", { cpu: "1" }), asking("short", { cpu: "1" }, {}, { activeDeadlineSeconds: 9 }), aPod("idle")];
  expect(used({ hard: { pods: "5" }, scopes: [scope] }, of(PodKind, ...pods))).toEqual({ pods: String(expected.length) });
});

test.each([
  [{ operator: "In", values: ["high"] }, "1"],
  [{ operator: "NotIn", values: ["high"] }, "1"],
  [{ operator: "Exists" }, "1"],
  [{ operator: "DoesNotExist" }, "1"],
  [{ operator: "In", values: ["low"] }, "0"],
])("a selector %j of priority classes counts %s Pods", (requirement, count) => {
  const pods = [aPod("plain"), aPod("urgent", { spec: { priorityClassName: "high" } })];
  const scopeSelector = { matchExpressions: [{ scopeName: "PriorityClass", ...requirement }] };
  expect(used({ hard: { pods: "5" }, scopeSelector }, of(PodKind, ...pods))).toEqual({ pods: count });
});

test("node ports are counted for each port, load balancers for each Service", () => {
  const hard = { services: "9", "services.nodeports": "9", "services.loadbalancers": "9" };
  const ports = [
    { name: "http", port: 80, targetPort: 80, protocol: "TCP" },
    { name: "https", port: 443, targetPort: 443, protocol: "TCP" },
  ];
  const services = [
    aService({}),
    aService({ type: "NodePort", ports }),
    aService({ type: "LoadBalancer", ports }),
    aService({ type: "LoadBalancer", ports, allocateLoadBalancerNodePorts: false }),
  ];
  expect(used({ hard }, of(ServiceKind, ...services))).toEqual({
    services: "4",
    "services.nodeports": "4",
    "services.loadbalancers": "2",
  });
});

test("claims count with their storage, and apart for a class", () => {
  const fast = "fast.storageclass.storage.k8s.io/";
  const hard = {
    persistentvolumeclaims: "9",
    "requests.storage": "9Gi",
    [`${fast}requests.storage`]: "5Gi",
    [`${fast}persistentvolumeclaims`]: "5",
  };
  const claim = (name: string, storage: string, storageClassName?: string) =>
    anObject(PersistentVolumeClaimKind, name, { spec: { resources: { requests: { storage } }, storageClassName } });
  expect(used({ hard }, of(PersistentVolumeClaimKind, claim("a", "1Gi"), claim("b", "2Gi", "fast")))).toEqual({
    persistentvolumeclaims: "2",
    "requests.storage": "3Gi",
    [`${fast}requests.storage`]: "2Gi",
    [`${fast}persistentvolumeclaims`]: "1",
  });
});

test("nothing is written when the numbers are the same, however they are written", () => {
  const quota = quotaOf(
    { hard: { memory: "1Gi", configmaps: "2" } },
    { hard: { memory: "1024Mi", configmaps: "2" }, used: { memory: "512Mi", configmaps: "0" } },
  );
  const pods = [asking("a", { memory: "256Mi" }), asking("b", { memory: "268435456" })];
  expect(reconcile({ quota, charged: [of(PodKind, ...pods), of(ConfigMapKind)] }).actions).toEqual([]);
});
