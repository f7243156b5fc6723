import { type Node, NodeKind } from "@kubets/api";
import { type Controller, type Watch } from "@kubets/client";
import { type Kind, sameJson } from "@kubets/machinery";
import type { Route, Routes } from "../provider.ts";
import { type ObservedRoutes, planRoutes, reconcile } from "./reconcile.ts";

/** Routes are looked at all together: a cloud answers for all of them. */
const allRoutes = "/routes";

const nodes: Watch = {
  kind: NodeKind as unknown as Kind,
  indexes: {},
  keys({ object, previous }) {
    const ranges = (node: Node | undefined): readonly string[] => node?.spec.podCIDRs ?? [];
    return sameJson(ranges(object as Node | undefined), ranges(previous as Node | undefined)) ? [] : [allRoutes];
  },
};

/** Has the cloud lead the addresses of each node's Pods to the node. */
export function routeController(routes: Routes): Controller<ObservedRoutes> {
  return {
    name: "route",
    watches: [nodes],
    observe: (_key, caches) => ({ nodes: caches.of(NodeKind).list(), failed: new Map() }),
    async ask(observed, _client, { signal }) {
      const { missing, surplus } = planRoutes(observed.nodes, await routes.list(signal));
      const failed = new Map<Route, string>();
      // What is given up first makes room for what is new.
      for (const route of surplus) await routes.delete(route, signal);
      for (const route of missing) {
        try {
          await routes.create(route, signal);
        } catch (error) {
          if (signal.aborted) throw error;
          failed.set(route, error instanceof Error ? error.message : String(error));
        }
      }
      return { ...observed, failed };
    },
    reconcile,
  };
}
