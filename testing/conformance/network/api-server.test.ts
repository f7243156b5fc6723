import { EndpointSliceKind, EndpointsKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster } from "../conformance-cluster.ts";

const cluster = conformanceCluster({ apiServer: { serviceAddress: "10.96.0.1", address: "192.0.2.1", port: 6443 } });

test("NE-001 the Service of the API server has Endpoints and slices that name it", async () => {
  const { client } = cluster;
  await cluster.until(async () => {
    const endpoints = await client.resource(EndpointsKind).in("default").get("kubernetes");
    const { items } = await client
      .resource(EndpointSliceKind)
      .in("default")
      .list({ labelSelector: "kubernetes.io/service-name=kubernetes" });
    const addresses = endpoints.subsets?.flatMap((subset) => subset.addresses?.map(({ ip }) => ip)) ?? [];
    expect(addresses).toEqual(["192.0.2.1"]);
    expect(endpoints.subsets?.flatMap(({ ports }) => ports)).toMatchObject([{ name: "https", port: 6443 }]);
    expect(items.flatMap((slice) => slice.endpoints ?? []).flatMap((each) => each.addresses)).toEqual(addresses);
    expect(items.flatMap(({ ports }) => ports)).toMatchObject([{ name: "https", port: 6443 }]);
  });
});
