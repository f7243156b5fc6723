import type { LoadBalancerStatus } from "@kubets/api";
import type { CloudProvider, Instance, Route } from "../provider.ts";

/** A cloud in memory that counts what it was asked to do, and fails when told to. */
export interface TestCloud extends CloudProvider {
  /** Load balancers by Service, and the nodes behind them. */
  readonly balanced: ReadonlyMap<string, readonly string[]>;
  readonly machines: Map<string, Instance>;
  readonly table: Route[];
  /** What every call fails with. */
  problem: string | undefined;
}

export function createTestCloud(): TestCloud {
  const balanced = new Map<string, readonly string[]>();
  const machines = new Map<string, Instance>();
  const table: Route[] = [];
  const check = (): void => {
    if (cloud.problem !== undefined) throw new Error(cloud.problem);
  };
  const cloud: TestCloud = {
    name: "test",
    balanced,
    machines,
    table,
    problem: undefined,
    loadBalancers: {
      async ensure({ metadata }, nodes): Promise<LoadBalancerStatus> {
        check();
        balanced.set(metadata.name, nodes.map((node) => node.metadata.name).toSorted());
        return { ingress: [{ ip: "192.0.2.1" }] };
      },
      async ensureDeleted({ metadata }) {
        check();
        balanced.delete(metadata.name);
      },
    },
    instances: {
      async find({ metadata }) {
        check();
        return machines.get(metadata.name);
      },
    },
    routes: {
      async list() {
        return [...table];
      },
      async create(route) {
        check();
        table.push(route);
      },
      async delete(route) {
        check();
        table.splice(
          table.findIndex(({ destination }) => destination === route.destination),
          1,
        );
      },
    },
  };
  return cloud;
}
