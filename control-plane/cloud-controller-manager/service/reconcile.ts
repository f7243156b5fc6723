import { type LoadBalancerStatus, type Node, type Service, ServiceKind } from "@kubets/api";
import { type Action, type Decision, event, patch } from "@kubets/client";
import { sameJson } from "@kubets/machinery";

/** Holds a Service until the cloud has nothing of it any more. */
export const cleanupFinalizer = "service.kubernetes.io/load-balancer-cleanup";

/** What is to be asked of the cloud for a Service. */
export type Wish =
  | { readonly is: "nothing" }
  /** Before anything is made in the cloud the Service must be held, lest it is forgotten there. */
  | { readonly is: "hold" }
  | { readonly is: "ensure"; readonly nodes: readonly Node[] }
  | { readonly is: "delete" };

/** What became of the wish. */
export type Outcome =
  | Wish
  | { readonly is: "balanced"; readonly status: LoadBalancerStatus; readonly isUpdate: boolean }
  | Failed
  | { readonly is: "deleted" };

interface Failed {
  readonly is: "failed";
  readonly at: "ensure" | "delete";
  readonly problem: string;
}

/** What a Service of this content and these nodes was last balanced as; unequal means that the cloud must be told. */
export function contentOf({ metadata, spec }: Service, nodes: readonly Node[]): string {
  return JSON.stringify([metadata.uid, metadata.annotations ?? {}, { ...spec }, nodes.map(({ metadata: { name } }) => name).toSorted()]);
}

/** Of a Service as it is, when `balanced` is the content that the cloud was last told. */
export function wishOf(service: Service, nodes: readonly Node[], balanced: string | undefined): Wish {
  const { metadata, spec, status } = service;
  const isHeld = metadata.finalizers?.includes(cleanupFinalizer) === true;
  // Another class is another controller's.
  const isWanted = spec.type === "LoadBalancer" && spec.loadBalancerClass === undefined && metadata.deletionTimestamp === undefined;
  if (!isWanted) {
    const isOthers = spec.type === "LoadBalancer" && spec.loadBalancerClass !== undefined;
    return isHeld && !isOthers ? { is: "delete" } : { is: "nothing" };
  }
  if (!isHeld) return { is: "hold" };
  const isThere = (status.loadBalancer.ingress ?? []).length > 0;
  return isThere && balanced === contentOf(service, nodes) ? { is: "nothing" } : { is: "ensure", nodes };
}

/** Nodes that take traffic of load balancers. */
export function balancedNodes(nodes: readonly Node[]): readonly Node[] {
  return nodes.filter(
    ({ metadata, spec }) =>
      metadata.deletionTimestamp === undefined &&
      metadata.labels?.["node.kubernetes.io/exclude-from-external-load-balancers"] === undefined &&
      spec.taints?.some(
        ({ key }) => key === "ToBeDeletedByClusterAutoscaler" || key === "node.cloudprovider.kubernetes.io/uninitialized",
      ) !== true,
  );
}

/** Milliseconds until a cloud that failed is asked again. */
const retryAfter = 5_000;

export function reconcile(service: Service, outcome: Outcome): Decision {
  switch (outcome.is) {
    case "nothing":
    case "ensure":
    case "delete":
      return { actions: [] };
    case "hold":
      return { actions: [hold(service), event(service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer")] };
    case "balanced":
      return { actions: [...statusActions(service, outcome.status), event(service, "Normal", ...toldOf(outcome.isUpdate))] };
    case "deleted": {
      const left = (service.metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanupFinalizer);
      const { resourceVersion } = service.metadata;
      const body = { metadata: { resourceVersion, finalizers: left }, status: { loadBalancer: { ingress: null } } };
      return { actions: [ofStatus(service, body), event(service, "Normal", "DeletedLoadBalancer", "Deleted load balancer")] };
    }
    case "failed": {
      const what = outcome.at === "ensure" ? "failed to ensure load balancer" : "failed to delete load balancer";
      const message = `Error syncing load balancer: ${what}: ${outcome.problem}`;
      return { actions: [event(service, "Warning", "SyncLoadBalancerFailed", message)], requeueAfter: retryAfter };
    }
  }
}

function toldOf(isUpdate: boolean): readonly [reason: string, message: string] {
  return isUpdate ? ["UpdatedLoadBalancer", "Updated load balancer with new hosts"] : ["EnsuredLoadBalancer", "Ensured load balancer"];
}

/** The status is all that this controller's role lets it write: finalizers ride on it. */
function hold(service: Service): Action {
  const { resourceVersion, finalizers = [] } = service.metadata;
  return ofStatus(service, { metadata: { resourceVersion, finalizers: [...finalizers, cleanupFinalizer] } });
}

function statusActions(service: Service, loadBalancer: LoadBalancerStatus): readonly Action[] {
  if (sameJson(service.status.loadBalancer.ingress ?? [], loadBalancer.ingress ?? [])) return [];
  return [
    ofStatus(service, {
      metadata: { uid: service.metadata.uid },
      status: { loadBalancer: { ingress: loadBalancer.ingress ?? null } },
    }),
  ];
}

function ofStatus(service: Service, change: object): Action {
  return patch(ServiceKind, service, change, { subresource: "status" });
}
