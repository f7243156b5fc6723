import type { Draft } from "@kubets/machinery";
import { expect, test } from "vitest";
import type { ConfigMap, Deployment, Lease, Namespace, Node, Role, RoleBinding, Secret, Service, StatefulSet } from "./index.ts";

test("what a person writes in a manifest is a draft: defaults and status may be left out", () => {
  const namespace: Draft<Namespace> = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
  const configMap: Draft<ConfigMap> = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "shop" }, data: { a: "1" } };
  const secret: Draft<Secret> = { apiVersion: "v1", kind: "Secret", metadata: { generateName: "shop-" }, stringData: { a: "1" } };
  const lease: Draft<Lease> = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "leader" } };
  const node: Draft<Node> = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n" },
    spec: { taints: [{ key: "a", effect: "NoSchedule" }] },
  };
  const service: Draft<Service> = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "shop" },
    spec: { selector: { app: "shop" }, ports: [{ port: 80 }] },
  };
  const spec: Draft<Deployment>["spec"] = {
    selector: { matchLabels: { app: "shop" } },
    template: { metadata: { labels: { app: "shop" } }, spec: { containers: [{ name: "shop", image: "shop:1" }] } },
  };
  const deployment: Draft<Deployment> = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "shop" }, spec };
  const statefulSet: Draft<StatefulSet> = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db" },
    spec: {
      selector: { matchLabels: { app: "db" } },
      template: { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "db", image: "db:1" }] } },
      volumeClaimTemplates: [
        { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"] } },
      ],
    },
  };
  const role: Draft<Role> = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name: "r" },
    rules: [{ verbs: ["get"] }],
  };
  const binding: Draft<RoleBinding> = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "r" },
    roleRef: { kind: "Role", name: "r" },
  };
  // @ts-expect-error a Deployment must say which Pods are its own
  const unselective: Draft<Deployment> = { ...deployment, spec: { template: { spec: { containers: [] } } } };
  // @ts-expect-error there is no such type of Service
  const round: Draft<Service> = { ...service, spec: { type: "Round" } };
  expect([namespace, configMap, secret, lease, node, service, deployment, statefulSet, role, binding, unselective, round]).toHaveLength(12);
});
