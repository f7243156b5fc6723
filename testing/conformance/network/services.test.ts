import { EndpointSliceKind, EndpointsKind, ServiceKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn } from "../conformance-cluster.ts";

const cluster = conformanceCluster();
const servicesIn = (namespace: string) => cluster.client.resource(ServiceKind).in(namespace);

test("NE-040 a Service's status is read, patched and updated, and the Service patched and deleted", async () => {
  const services = servicesIn(await cluster.namespace());
  await services.create({ metadata: { name: "web" }, spec: { type: "LoadBalancer", ports: [{ port: 80 }] } });
  expect(await services.subresource("web", "status").get()).toMatchObject({ kind: "Service", metadata: { name: "web" } });
  const ingress = [{ ip: "203.0.113.1" }];
  await services.patch("web", { status: { loadBalancer: { ingress } } }, { type: "merge", subresource: "status" });
  const patched = await services.get("web");
  expect(patched.status).toMatchObject({ loadBalancer: { ingress } });
  const condition = {
    type: "StatusUpdate",
    status: "True" as const,
    reason: "E2E",
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
  await services.updateStatus({ ...patched, status: { ...patched.status, conditions: [condition] } });
  expect((await services.get("web")).status).toMatchObject({ conditions: [{ type: "StatusUpdate" }], loadBalancer: { ingress } });
  await services.patch("web", { metadata: { labels: { patched: "yes" } } }, { type: "strategic" });
  expect((await services.get("web")).metadata.labels).toMatchObject({ patched: "yes" });
  await services.delete("web");
  await cluster.until(async () => expect(await namesIn(services)).toEqual([]));
});

test("NE-041 a collection of Services is deleted by label, and the others stay", async () => {
  const services = servicesIn(await cluster.namespace());
  for (const [name, fate] of [
    ["a", "goes"],
    ["b", "goes"],
    ["c", "stays"],
  ] as const) {
    await services.create({ metadata: { name, labels: { fate } }, spec: { ports: [{ port: 80 }] } });
  }
  await services.deleteCollection({ labelSelector: "fate=goes" });
  await cluster.until(async () => expect(await namesIn(services)).toEqual(["c"]));
});

test("NE-012 a selector that matches nothing has one empty slice, which goes with its Service", async () => {
  const namespace = await cluster.namespace();
  const slices = cluster.client.resource(EndpointSliceKind).in(namespace);
  await servicesIn(namespace).create({ metadata: { name: "lonely" }, spec: { selector: { does: "not-match" }, ports: [{ port: 80 }] } });
  await cluster.until(async () => {
    const { items } = await slices.list({ labelSelector: "kubernetes.io/service-name=lonely" });
    expect(items.map(({ endpoints }) => endpoints)).toEqual([[]]);
  });
  await servicesIn(namespace).delete("lonely");
  await cluster.until(async () => expect(await namesIn(slices)).toEqual([]));
});

test("NE-019 a selector that matches nothing has empty Endpoints, which go with their Service", async () => {
  const namespace = await cluster.namespace();
  const endpoints = cluster.client.resource(EndpointsKind).in(namespace);
  await servicesIn(namespace).create({ metadata: { name: "lonely" }, spec: { selector: { does: "not-match" }, ports: [{ port: 80 }] } });
  await cluster.until(async () => expect((await endpoints.get("lonely")).subsets ?? []).toEqual([]));
  await servicesIn(namespace).delete("lonely");
  await cluster.until(async () => expect(await namesIn(endpoints)).toEqual([]));
});
