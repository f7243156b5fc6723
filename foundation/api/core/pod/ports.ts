import { type defaulted, integer, object, type Schema, text } from "@kubets/machinery";

export interface ContainerPort {
  readonly [defaulted]?: "protocol";
  readonly name?: string;
  readonly hostPort?: number;
  readonly containerPort: number;
  readonly protocol: "SCTP" | "TCP" | "UDP";
  readonly hostIP?: string;
}

export const containerPort: Schema<ContainerPort> = object<ContainerPort>(
  "io.k8s.api.core.v1.ContainerPort",
  "A port on which a container serves.",
  {
    name: text({ field: 1, doc: "Name of the port, unique in the Pod, by which Services and probes may refer to it." }),
    hostPort: integer({
      field: 2,
      doc: "Port of the node that is forwarded to the container; with hostNetwork it must equal containerPort.",
    }),
    containerPort: integer({ field: 3, required: true, minimum: 1, maximum: 65535, doc: "Port inside the Pod." }),
    protocol: text({ field: 4, enum: ["SCTP", "TCP", "UDP"], default: "TCP", doc: "Protocol of the port." }),
    hostIP: text({ field: 5, doc: "Address of the node to which the host port is bound; all of them when empty." }),
  },
);
