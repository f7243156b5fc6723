import type { Draft } from "@kubets/machinery";
import { ipFamilyOf } from "../ip-address.ts";
import type { IPAddress } from "./ip-address.ts";
import type { ServiceCIDR } from "./service-cidr.ts";

const managedBy = "ipaddress.kubernetes.io/managed-by";
const family = "ipaddress.kubernetes.io/ip-family";
const allocator = "ipallocator.k8s.io";

/** The ServiceCIDR of the ranges that the API server was given at its start. */
export const defaultServiceCIDR = "kubernetes";

/** The IPAddress by which a Service has an address. */
export function addressOfService(
  address: string,
  { namespace = "", name }: { readonly namespace?: string; readonly name: string },
): Draft<IPAddress> {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: { name: address, labels: { [family]: ipFamilyOf(address) ?? "IPv4", [managedBy]: allocator } },
    spec: { parentRef: { resource: "services", namespace, name } },
  };
}

/** Whether an address is kept by those who give Services theirs; others are left to whoever made them. */
export function isKeptForServices({ metadata: { labels = {} } }: IPAddress): boolean {
  return labels[managedBy] === allocator;
}

/** Whether the labels by which addresses are found are those of {@link addressOfService}. */
export function isLabelledForServices(address: IPAddress): boolean {
  return isKeptForServices(address) && address.metadata.labels?.[family] === ipFamilyOf(address.metadata.name);
}

/** Whether an address belongs to a Service of that name. */
export function isAddressOf({ spec }: IPAddress, service: { readonly namespace?: string; readonly name: string }): boolean {
  const { group = "", resource, namespace = "", name } = spec.parentRef;
  return group === "" && resource === "services" && namespace === (service.namespace ?? "") && name === service.name;
}

/** Whether Services get addresses out of ranges: as long as nobody says that they aren't ready. */
export function givesAddresses({ metadata, status }: ServiceCIDR): boolean {
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  return metadata.deletionTimestamp === undefined && (ready === undefined || ready.status === "True");
}
