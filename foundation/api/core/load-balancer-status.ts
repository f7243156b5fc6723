import { integer, list, object, type Schema, text } from "@kubets/machinery";

/** Where a load balancer takes traffic. */
export interface LoadBalancerStatus {
  readonly ingress?: readonly LoadBalancerIngress[];
}

/** A point where a load balancer takes traffic. */
export interface LoadBalancerIngress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly ipMode?: string;
  readonly ports?: readonly PortStatus[];
}

/** How one port of a Service does at a load balancer. */
export interface PortStatus {
  readonly port: number;
  readonly protocol: "SCTP" | "TCP" | "UDP";
  readonly error?: string;
}

const portStatus: Schema<PortStatus> = object<PortStatus>(
  "io.k8s.api.core.v1.PortStatus",
  "How one port of a Service does at a load balancer.",
  {
    port: integer({ field: 1, required: true, doc: "The port's number." }),
    protocol: text({ field: 2, required: true, enum: ["SCTP", "TCP", "UDP"], doc: "The port's protocol." }),
    error: text({ field: 3, presence: "pointer", doc: "What is wrong with it, in one CamelCase word, perhaps with a domain before it." }),
  },
);

const loadBalancerIngress: Schema<LoadBalancerIngress> = object<LoadBalancerIngress>(
  "io.k8s.api.core.v1.LoadBalancerIngress",
  "A point where a load balancer takes traffic.",
  {
    ip: text({ field: 1, doc: "Its address, of a load balancer that has one." }),
    hostname: text({ field: 2, doc: "Its name, of a load balancer that has one." }),
    ipMode: text({
      field: 3,
      presence: "pointer",
      doc: "VIP: packets arrive addressed to the load balancer; Proxy: addressed to the node or Pod.",
    }),
    ports: list(portStatus, { field: 4, listType: "atomic", doc: "How each port of the Service is doing there." }),
  },
);

export const loadBalancerStatus: Schema<LoadBalancerStatus> = object<LoadBalancerStatus>(
  "io.k8s.api.core.v1.LoadBalancerStatus",
  "Where a load balancer takes traffic.",
  {
    ingress: list(loadBalancerIngress, { field: 1, listType: "atomic", doc: "Its points of entry." }),
  },
);
