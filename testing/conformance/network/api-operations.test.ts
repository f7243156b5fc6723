import { IngressClassKind, IngressKind, IPAddressKind, ServiceCIDRKind } from "@kubets/api";
import { expect, test } from "vitest";
import { exerciseOperations, exerciseStatus } from "../api-operations.ts";
import { conformanceCluster } from "../conformance-cluster.ts";

const cluster = conformanceCluster();

test("NE-021 Ingresses take every operation, and their status too", async () => {
  const ingresses = cluster.client.resource(IngressKind).in(await cluster.namespace());
  const spec = { defaultBackend: { service: { name: "web", port: { number: 80 } } } };
  await exerciseOperations(cluster, ingresses, { run: "ne-021", draft: (metadata) => ({ metadata, spec }) });
  const created = await ingresses.create({ metadata: { name: "web" }, spec });
  const loadBalancer = { ingress: [{ ip: "203.0.113.1" }] };
  await ingresses.updateStatus({ ...created, status: { loadBalancer } });
  expect((await ingresses.get("web")).status).toEqual({ loadBalancer });
  const patched = { loadBalancer: { ingress: [{ ip: "203.0.113.2" }] } };
  await ingresses.patch("web", { status: patched }, { type: "merge", subresource: "status" });
  expect(await ingresses.subresource("web", "status").get()).toMatchObject({ spec, status: patched });
});

test("NE-022 IngressClasses take every operation", async () => {
  await exerciseOperations(cluster, cluster.client.resource(IngressClassKind), {
    run: "ne-022",
    draft: (metadata) => ({ metadata, spec: { controller: "example.com/controller" } }),
  });
});

test("NE-031 IPAddresses take every operation", async () => {
  await exerciseOperations(cluster, cluster.client.resource(IPAddressKind), {
    run: "ne-031",
    names: ["192.168.6.1", "192.168.6.2", "192.168.6.3"],
    draft: (metadata) => ({ metadata, spec: { parentRef: { resource: "services", namespace: "default", name: "web" } } }),
  });
});

test("NE-032 ServiceCIDRs take every operation, and their status too", async () => {
  const ranges = cluster.client.resource(ServiceCIDRKind);
  await exerciseOperations(cluster, ranges, { run: "ne-032", draft: (metadata) => ({ metadata, spec: { cidrs: ["10.1.1.0/24"] } }) });
  await ranges.create({ metadata: { name: "more" }, spec: { cidrs: ["10.1.2.0/24"] } });
  await exerciseStatus(ranges, "more");
});
