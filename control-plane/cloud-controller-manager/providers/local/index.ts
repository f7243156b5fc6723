import type { LoadBalancerIngress, Service } from "@kubets/api";
import type { Lister } from "@kubets/client";
import ipaddr from "ipaddr.js";
import type { CloudProvider } from "../../provider.ts";

export interface LocalProviderOptions {
  /** From which load balancers get their addresses, such as `10.244.255.0/24`: one that leads here and nowhere else. */
  readonly range: string;
  /** All Services: what they have stays theirs, whoever gave it to them. */
  readonly services: Pick<Lister<Service>, "list">;
}

/**
 * The machine itself as a cloud: a load balancer is an address of a range of the cluster's own, which the service proxy of each node leads to
 * the Service's Pods. Nothing else has to be made.
 */
export function localProvider({ range, services }: LocalProviderOptions): CloudProvider {
  // What was given out and may not be seen in the Services yet.
  const given = new Map<string, string>();
  return {
    name: "local",
    loadBalancers: {
      ensure: async (service) => {
        const { uid } = service.metadata;
        const others = services.list().filter(({ metadata }) => metadata.uid !== uid);
        for (const known of given.keys()) if (known !== uid && others.every(({ metadata }) => metadata.uid !== known)) given.delete(known);
        const taken = new Set([
          ...others.flatMap(({ status }) => (status.loadBalancer.ingress ?? []).flatMap(({ ip }) => ip ?? [])),
          ...[...given].filter(([known]) => known !== uid).map(([, ip]) => ip),
        ]);
        const ip = chooseAddress(service, range, taken, given.get(uid));
        given.set(uid, ip);
        const ingress: LoadBalancerIngress = { ip, ipMode: "VIP" };
        return { ingress: [ingress] };
      },
      ensureDeleted: async ({ metadata }) => void given.delete(metadata.uid),
    },
  };
}

/** The address that a Service has already, or asks for, or the first that is free. Throws when there is none. */
export function chooseAddress({ spec, status }: Service, range: string, taken: ReadonlySet<string>, given?: string): string {
  const isFree = (ip: string | undefined): ip is string => ip !== undefined && ip !== "" && isWithin(ip, range) && !taken.has(ip);
  const { loadBalancerIP: asked } = spec;
  if (asked !== undefined && asked !== "") {
    if (!isWithin(asked, range)) throw new Error(`the address ${asked} is not within ${range}`);
    if (taken.has(asked)) throw new Error(`the address ${asked} belongs to another Service`);
    return asked;
  }
  const kept = [given, status.loadBalancer.ingress?.[0]?.ip].find(isFree);
  if (kept !== undefined) return kept;
  for (const ip of addressesOf(range)) if (!taken.has(ip)) return ip;
  throw new Error(`all addresses of ${range} are taken`);
}

function isWithin(ip: string, range: string): boolean {
  return ipaddr.IPv4.isValid(ip) && ipaddr.IPv4.parse(ip).match(ipaddr.IPv4.parseCIDR(range));
}

/** All but the first and the last, which mean something else. */
function* addressesOf(range: string): Generator<string> {
  const [network, length] = ipaddr.IPv4.parseCIDR(range);
  const first = network.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);
  for (let index = 1; index < 2 ** (32 - length) - 1; index++) {
    const address = first + index;
    yield [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
  }
}
