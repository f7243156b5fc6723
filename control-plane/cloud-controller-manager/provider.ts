import type { LoadBalancerStatus, Node, NodeAddress, Service } from "@kubets/api";

/**
 * A cloud, as far as a cluster needs it. What a provider doesn't offer, no loop runs for. Every call may come again with the same
 * arguments, and must then change nothing; a rejection is told in an Event and tried again later.
 */
export interface CloudProvider {
  readonly name: string;
  readonly loadBalancers?: LoadBalancers;
  readonly instances?: Instances;
  readonly routes?: Routes;
}

export interface LoadBalancers {
  /** Makes the Service's load balancer, or brings it up to date, and says where it is. */
  ensure(service: Service, nodes: readonly Node[], signal: AbortSignal): Promise<LoadBalancerStatus>;
  /** Afterwards nothing of it is left. */
  ensureDeleted(service: Service, signal: AbortSignal): Promise<void>;
}

export interface Instances {
  /** What the cloud knows of a node's machine; `undefined` when there is none, or no more. */
  find(node: Node, signal: AbortSignal): Promise<Instance | undefined>;
}

/** A machine of a cloud. */
export interface Instance {
  /** `PROVIDER://ID`. */
  readonly providerID: string;
  readonly isShutDown: boolean;
  readonly type?: string;
  readonly zone?: string;
  readonly region?: string;
  readonly addresses: readonly NodeAddress[];
  /** More labels for the node, such as of the rack. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Routes {
  list(signal: AbortSignal): Promise<readonly Route[]>;
  create(route: Route, signal: AbortSignal): Promise<void>;
  delete(route: Route, signal: AbortSignal): Promise<void>;
}

/** Leads the addresses of a node's Pods to the node. */
export interface Route {
  readonly node: string;
  /** Such as `10.244.3.0/24`. */
  readonly destination: string;
}
