import { ipFamilyOf, type Pod, type Service } from "@kubets/api";

type AddressType = "IPv4" | "IPv6";

/** The address families of a Service, the first by default. */
export function ipFamiliesOf({ spec }: Service): readonly AddressType[] {
  const families = spec.ipFamilies?.filter((family) => family !== "") ?? [];
  return families.length > 0 ? families : ["IPv4"];
}

/** The addresses of a Pod in one family: at most one, as a Pod has one of each. */
export function addressesOf({ status }: Pod, family: AddressType): readonly string[] {
  const all = status.podIPs?.map(({ ip }) => ip) ?? (status.podIP === undefined ? [] : [status.podIP]);
  const first = all.find((address) => ipFamilyOf(address) === family);
  return first === undefined ? [] : [first];
}
