import { type Column, formatLabels } from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import type { Service } from "./service.ts";

/** What a table shows of a Service. */
export const serviceColumns: readonly Column<Service>[] = [
  nameColumn,
  { name: "Type", type: "string", doc: "From where the Service is reached.", cell: ({ spec }) => spec.type },
  { name: "Cluster-IP", type: "string", doc: "Its address within the cluster.", cell: ({ spec }) => spec.clusterIPs?.[0] ?? "<none>" },
  { name: "External-IP", type: "string", doc: "Its addresses from outside.", cell: externalAddresses },
  { name: "Port(s)", type: "string", doc: "Its ports, each with the port of the nodes that leads to it.", cell: ports },
  ageColumn,
  {
    name: "Selector",
    type: "string",
    priority: 1,
    doc: "The labels of the Pods it leads to.",
    cell: ({ spec }) => formatLabels(spec.selector),
  },
];

function externalAddresses({ spec, status }: Service): string {
  const given = spec.externalIPs ?? [];
  switch (spec.type) {
    case "ClusterIP":
    case "NodePort":
      return given.length === 0 ? "<none>" : given.join(",");
    case "LoadBalancer": {
      const entries = (status.loadBalancer.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "").filter((entry) => entry !== "");
      const all = [...new Set(entries)].toSorted().concat(given);
      return all.length === 0 ? "<pending>" : all.join(",");
    }
    case "ExternalName":
      return spec.externalName ?? "";
  }
}

function ports({ spec }: Service): string {
  const texts = (spec.ports ?? []).map(({ port, nodePort = 0, protocol }) =>
    nodePort === 0 ? `${port}/${protocol}` : `${port}:${nodePort}/${protocol}`,
  );
  return texts.length === 0 ? "<none>" : texts.join(",");
}
