import type { EndpointSlice, Service } from "@kubets/api";
import fc from "fast-check";
import { aService, aSlice } from "./objects.ts";

export interface ClusterState {
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
}

export const serviceNames = ["a", "b", "c"] as const;

const anyService = fc
  .record({
    name: fc.constantFrom(...serviceNames),
    type: fc.constantFrom("ClusterIP" as const, "NodePort" as const, "LoadBalancer" as const),
    protocol: fc.constantFrom("TCP" as const, "UDP" as const),
    internalTrafficPolicy: fc.constantFrom("Cluster" as const, "Local" as const),
    externalTrafficPolicy: fc.constantFrom("Cluster" as const, "Local" as const),
    externalIPs: fc.subarray(["198.51.100.1", "198.51.100.2"]),
    loadBalancerSourceRanges: fc.subarray(["203.0.113.0/24", "192.0.2.0/24"]),
    sessionAffinity: fc.constantFrom("None" as const, "ClientIP" as const),
  })
  .map(({ protocol, ...facts }) => {
    const number = serviceNames.indexOf(facts.name) + 1;
    const nodePort = facts.type === "ClusterIP" ? {} : { nodePort: 30_000 + number };
    return aService({
      ...facts,
      clusterIP: `10.96.0.${number}`,
      ports: [{ port: 80, protocol, ...nodePort }],
      status: { loadBalancer: { ingress: [{ ip: "198.51.100.9", ipMode: "VIP" }] } },
    });
  });

const anyEndpoint = fc.record({
  addresses: fc.integer({ min: 2, max: 6 }).map((last) => [`10.244.0.${last}`]),
  nodeName: fc.constantFrom("node-1", "node-2"),
  conditions: fc.record({ ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() }),
});

const anySlice = fc
  .record({
    service: fc.constantFrom(...serviceNames),
    protocol: fc.constantFrom("TCP" as const, "UDP" as const),
    endpoints: fc.array(anyEndpoint, { maxLength: 4 }),
  })
  .map(({ protocol, ...facts }) => aSlice({ ...facts, ports: [{ port: 8080, protocol }] }));

/** Up to three Services with what there may be about them, and their endpoints. */
export const anyCluster: fc.Arbitrary<ClusterState> = fc.record({
  services: fc.uniqueArray(anyService, { selector: ({ metadata }) => metadata.name }),
  slices: fc.uniqueArray(anySlice, { selector: ({ metadata }) => metadata.name }),
});

/** The slices of one Service. */
export function slicesOf({ slices }: ClusterState, service: string): readonly EndpointSlice[] {
  return slices.filter(({ metadata: { labels } }) => labels?.["kubernetes.io/service-name"] === service);
}
