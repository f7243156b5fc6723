import { ServiceKind } from "@kubets/api";
import { startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";
import { loadBalancerRangeOf } from "./cloud-component.ts";

test("load balancers have the last part of the Pods' range", () => {
  expect(loadBalancerRangeOf("10.245.0.0/16")).toBe("10.245.255.0/24");
});

test("Services of type LoadBalancer get addresses of the range, each its own, and give them back", async () => {
  await using cluster = await startCluster({ seed: 1, loadBalancerRange: "203.0.113.0/30" });
  const services = cluster.client.resource(ServiceKind).in("default");
  const addresses = async (): Promise<readonly (string | undefined)[]> =>
    (await services.list()).items
      .filter(({ spec }) => spec.type === "LoadBalancer")
      .map(({ status }) => status.loadBalancer.ingress?.[0]?.ip);
  for (const name of ["a", "b", "c"]) {
    await services.create({ metadata: { name }, spec: { type: "LoadBalancer", ports: [{ port: 80 }] } });
    await cluster.settle();
  }
  expect(await addresses()).toEqual(["203.0.113.1", "203.0.113.2", undefined]);
  await services.delete("a");
  await cluster.clock.advance("10s");
  expect(await addresses()).toEqual(["203.0.113.2", "203.0.113.1"]);
  expect(cluster.failures).toEqual([]);
});
