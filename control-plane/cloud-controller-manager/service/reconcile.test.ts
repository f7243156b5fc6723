import { type Node, NodeKind, type Service, ServiceKind } from "@kubets/api";
import { expect, test } from "vitest";
import { anObject } from "../testing/objects.ts";
import { balancedNodes, cleanupFinalizer, contentOf, reconcile, wishOf } from "./reconcile.ts";

interface Facts {
  readonly spec?: object;
  readonly held?: boolean;
  readonly deleting?: boolean;
  readonly ip?: string;
}
const service = ({ spec = {}, held = false, deleting = false, ip }: Facts = {}): Service =>
  anObject(ServiceKind, "web", {
    metadata: { ...(held ? { finalizers: [cleanupFinalizer] } : {}), ...(deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) },
    spec: { type: "LoadBalancer", ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: ip === undefined ? {} : { ingress: [{ ip }] } },
  });
const nodes: readonly Node[] = [anObject(NodeKind, "a"), anObject(NodeKind, "b")];
const there = service({ held: true, ip: "192.0.2.1" });

test.each<readonly [string, Service, string | undefined, string]>([
  ["of another type", service({ spec: { type: "NodePort" } }), undefined, "nothing"],
  ["that has never been held", service(), undefined, "hold"],
  ["that is held", service({ held: true }), undefined, "ensure"],
  ["that is as the cloud was told", there, contentOf(there, nodes), "nothing"],
  ["that a process before has told the cloud of", there, undefined, "ensure"],
  ["whose ports changed", service({ held: true, ip: "192.0.2.1", spec: { ports: [{ port: 81 }] } }), contentOf(there, nodes), "ensure"],
  ["whose address somebody took away", service({ held: true }), contentOf(service({ held: true }), nodes), "ensure"],
  ["that is to go", service({ held: true, deleting: true }), undefined, "delete"],
  ["that is to go and isn't held", service({ deleting: true }), undefined, "nothing"],
  ["that became another type", service({ held: true, spec: { type: "ClusterIP" } }), undefined, "delete"],
  ["of another class", service({ spec: { loadBalancerClass: "example.com/other" } }), undefined, "nothing"],
])("a Service %s", (_what, observed, balanced, wish) => {
  expect(wishOf(observed, nodes, balanced).is).toBe(wish);
});

test("nodes that come and go are told to the cloud", () => {
  expect(contentOf(there, nodes)).not.toBe(contentOf(there, nodes.slice(1)));
  expect(contentOf(there, nodes)).toBe(contentOf(there, nodes.toReversed()));
});

test.each<readonly [string, Readonly<Record<string, unknown>>, boolean]>([
  ["is there", {}, true],
  ["is left out by its label", { metadata: { labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "" } } }, false],
  ["is about to go", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }, false],
  [
    "isn't known to the cloud yet",
    { spec: { taints: [{ key: "node.cloudprovider.kubernetes.io/uninitialized", effect: "NoSchedule" }] } },
    false,
  ],
])("a node that %s", (_what, body, takesTraffic) => {
  expect(balancedNodes([anObject(NodeKind, "n", body)]).length === 1).toBe(takesTraffic);
});

test("a Service that was balanced says where, and forgets it with its load balancer", () => {
  const balanced = reconcile(service({ held: true }), { is: "balanced", status: { ingress: [{ ip: "192.0.2.1" }] }, isUpdate: false });
  expect(balanced.actions).toMatchObject([
    { verb: "patch", subresource: "status", patch: { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } } },
    { reason: "EnsuredLoadBalancer" },
  ]);
  expect(reconcile(service({ held: true, ip: "192.0.2.1", spec: { type: "ClusterIP" } }), { is: "deleted" }).actions).toMatchObject([
    { subresource: "status", patch: { metadata: { finalizers: [] }, status: { loadBalancer: { ingress: null } } } },
    { reason: "DeletedLoadBalancer" },
  ]);
});

test("a cloud that fails is told of, and asked again", () => {
  expect(reconcile(service({ held: true }), { is: "failed", at: "ensure", problem: "no quota" })).toMatchObject({
    actions: [{ reason: "SyncLoadBalancerFailed", message: "Error syncing load balancer: failed to ensure load balancer: no quota" }],
    requeueAfter: 5_000,
  });
});
