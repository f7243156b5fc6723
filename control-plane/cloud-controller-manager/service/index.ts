import { type Node, NodeKind, type Service, ServiceKind } from "@kubets/api";
import { type Caches, type Controller, objectKey, type Watch, watch } from "@kubets/client";
import type { Kind } from "@kubets/machinery";
import type { LoadBalancers } from "../provider.ts";
import { balancedNodes, contentOf, type Outcome, reconcile, wishOf } from "./reconcile.ts";

interface Observed {
  readonly service: Service;
  readonly nodes: readonly Node[];
  readonly outcome?: Outcome;
}

/** All Services that have a load balancer hear of nodes that begin or end to take its traffic; not of heartbeats. */
const nodes: Watch = {
  kind: NodeKind as unknown as Kind,
  indexes: {},
  *keys({ object, previous }, caches) {
    const counts = (node: Node | undefined): boolean => node !== undefined && balancedNodes([node]).length > 0;
    if (counts(object as Node | undefined) === counts(previous as Node | undefined)) return;
    yield* caches.of(ServiceKind).byIndex("type", "LoadBalancer").map(objectKey);
  },
};

/** Gives Services of type LoadBalancer theirs, in the cloud. */
export function serviceController(loadBalancers: LoadBalancers): Controller<Observed> {
  // What the cloud was told of each Service. A new process tells it anew.
  const balanced = new Map<string, string>();
  return {
    name: "service",
    watches: [watch(ServiceKind, { indexes: { type: ({ spec }) => [spec.type] } }), nodes],
    observe(key: string, caches: Caches): Observed | undefined {
      const service = caches.of(ServiceKind).get(key);
      if (service === undefined) balanced.delete(key);
      return service === undefined ? undefined : { service, nodes: balancedNodes(caches.of(NodeKind).list()) };
    },
    async ask(observed, _client, { signal }) {
      const { service } = observed;
      const key = objectKey(service);
      const before = balanced.get(key);
      const wish = wishOf(service, observed.nodes, before);
      try {
        if (wish.is === "ensure") {
          const status = await loadBalancers.ensure(service, wish.nodes, signal);
          balanced.set(key, contentOf(service, wish.nodes));
          return { ...observed, outcome: { is: "balanced", status, isUpdate: before !== undefined } };
        }
        if (wish.is === "delete") {
          await loadBalancers.ensureDeleted(service, signal);
          balanced.delete(key);
          return { ...observed, outcome: { is: "deleted" } };
        }
      } catch (error) {
        if (signal.aborted) throw error;
        const problem = error instanceof Error ? error.message : String(error);
        return { ...observed, outcome: { is: "failed", at: wish.is === "delete" ? "delete" : "ensure", problem } };
      }
      return { ...observed, outcome: wish };
    },
    reconcile: ({ service, outcome }) => reconcile(service, outcome ?? { is: "nothing" }),
  };
}
