/** Addresses and ranges of Services as they were before v1: the same objects. */
import { type Kind, kindInVersion } from "@kubets/machinery";
import { type IPAddress, IPAddressKind } from "./ip-address.ts";
import { type ServiceCIDR, ServiceCIDRKind } from "./service-cidr.ts";

const before = {
  version: "v1beta1",
  schema: { from: "io.k8s.api.networking.v1.", to: "io.k8s.api.networking.v1beta1." },
  deprecation: { since: "1.34", until: "1.37" },
} as const;

export const NetworkingV1beta1IPAddressKind: Kind<IPAddress> = kindInVersion<IPAddress>(IPAddressKind, before);

export const NetworkingV1beta1ServiceCIDRKind: Kind<ServiceCIDR> = kindInVersion<ServiceCIDR>(ServiceCIDRKind, before);
