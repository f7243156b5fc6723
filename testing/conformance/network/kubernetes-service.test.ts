import { ServiceKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster } from "../conformance-cluster.ts";

const cluster = conformanceCluster({ apiServer: { serviceAddress: "10.96.0.1", address: "192.0.2.10", port: 6443 } });

test("NE-002 the Service kubernetes is in the default namespace, with the first address of the range", async () => {
  const service = await cluster.client.resource(ServiceKind).in("default").get("kubernetes");
  expect([service.spec.clusterIP, service.spec.ports]).toEqual([
    "10.96.0.1",
    [{ name: "https", protocol: "TCP", port: 443, targetPort: 6443 }],
  ]);
});

test("NE-042 a list of the Services of all namespaces has it", async () => {
  await cluster.namespace();
  const { items } = await cluster.client.resource(ServiceKind).list();
  expect(items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toContain("default/kubernetes");
});
