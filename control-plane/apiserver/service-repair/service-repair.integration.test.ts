import { IPAddressKind, ServiceCIDRKind, ServiceKind } from "@kubets/api";
import { startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

test("an API server without controllers says that its range of addresses is ready, makes it anew, and repairs what Services hold", async () => {
  await using cluster = await startCluster({ controllers: false, scheduler: false });
  await cluster.settle();
  const { client } = cluster;
  const ranges = client.resource(ServiceCIDRKind);
  const ready = async () =>
    (await ranges.get("kubernetes")).status.conditions?.map(({ type, status, message }) => ({ type, status, message }));
  const isReady = [{ type: "Ready", status: "True", message: "Kubernetes default Service CIDR is ready" }];
  expect(await ready()).toEqual(isReady);
  await ranges.delete("kubernetes");
  await cluster.settle();
  expect(await ready()).toEqual(isReady);

  const service = await client
    .resource(ServiceKind)
    .in("default")
    .create({ metadata: { name: "web" }, spec: { ports: [{ port: 80 }] } });
  const [address = ""] = service.spec.clusterIPs ?? [];
  await client.resource(IPAddressKind).delete(address);
  await cluster.settle();
  expect((await client.resource(IPAddressKind).get(address)).spec.parentRef.name).toBe("web");
});
