import { type Service, ServiceKind } from "@kubets/api";
import { isStatus } from "@kubets/machinery";
import { simulate } from "@kubets/testkit";
import { expect, test } from "vitest";
import { cloudControllers } from "./cloud-controller-manager.ts";
import { cleanupFinalizer } from "./service/reconcile.ts";
import { createTestCloud, type TestCloud } from "./testing/cloud.ts";

const isBalanced = ({ spec, metadata }: Service): boolean => spec.type === "LoadBalancer" && metadata.deletionTimestamp === undefined;

test("whatever gets lost and whoever dies, no load balancer is left behind and every Service has its own", async () => {
  // The cloud outlives whoever speaks to it: a new one for each run.
  let cloud: TestCloud = createTestCloud();
  const { runs, faults } = await simulate({
    seeds: 8,
    operators: () => {
      cloud = createTestCloud();
      return cloudControllers(cloud);
    },
    cluster: { nodes: 2 },
    async run(cluster, chance) {
      const services = cluster.client.resource(ServiceKind).in("default");
      for (let round = 0; round < 15; round++) {
        const name = `web-${Math.floor(chance.fraction() * 3)}`;
        cloud.problem = chance.fraction() < 0.2 ? "the cloud is busy" : undefined;
        const luck = chance.fraction();
        try {
          if (luck < 0.5)
            await services.create({ metadata: { name }, spec: { type: "LoadBalancer", selector: { app: "web" }, ports: [{ port: 80 }] } });
          else if (luck < 0.75) await services.delete(name);
          else await services.patch(name, { spec: { type: luck < 0.87 ? "ClusterIP" : "LoadBalancer" } }, { type: "merge" });
        } catch (error) {
          if (!isStatus(error, "AlreadyExists", "NotFound", "Invalid", "Conflict")) throw error;
        }
        await cluster.clock.advance(Math.floor(chance.fraction() * 20_000));
      }
      cloud.problem = undefined;
    },
    // Whoever has an address in the cloud is held, so that it can't be forgotten there.
    invariant({ key, object }) {
      if (!key.startsWith("services/") || object === undefined) return undefined;
      const { status, metadata } = object as Service;
      const isForgotten = (status.loadBalancer.ingress ?? []).length > 0 && metadata.finalizers?.includes(cleanupFinalizer) !== true;
      return isForgotten ? `${key} has an address and isn't held` : undefined;
    },
    async end({ client }) {
      const { items } = await client.resource(ServiceKind).in("default").list();
      const wanted = items.filter(isBalanced).map(({ metadata }) => metadata.name);
      expect(new Set(cloud.balanced.keys())).toEqual(new Set(wanted));
      expect(items.filter(isBalanced).map(({ status }) => status.loadBalancer.ingress?.[0]?.ip)).toEqual(wanted.map(() => "192.0.2.1"));
      expect(items.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)).toEqual([]);
    },
  });
  expect([runs, faults > 8]).toEqual([8, true]);
});
