import {
  ipFamilyOf,
  isHeadless,
  needsHealthCheck,
  type Service,
  ServiceKind,
  type ServicePort,
  type ServiceSpec,
  usesNodePorts,
} from "@kubets/api";
import { type FieldError, internalError, invalid, invalidObject, type KubernetesObject, type Random } from "@kubets/machinery";
import { type Claim, type Claimer, ClaimLost } from "../claims.ts";
import { decideFamilies } from "./ip-families.ts";
import { chosenShare, createNumberPool, type NumberPool } from "./number-pool.ts";
import { type AddressObjects, addressesOf, ServiceAddresses } from "./service-addresses.ts";

export interface ServiceClaimsOptions {
  /** The ranges of Services' addresses, the cluster's own family first. */
  readonly addressRanges: readonly string[];
  readonly nodePorts: NodePortRange;
  readonly random: Random;
  readonly objects?: AddressObjects | undefined;
  /** The Services that are there already: what they have is taken. */
  readonly services: Iterable<Service>;
}

/** Both ends belong to it. */
export interface NodePortRange {
  readonly first: number;
  readonly last: number;
}

/** Something that a Service holds. */
interface Holding {
  /** Tells holdings of one Service apart. */
  readonly key: string;
  /** Whether it was free. */
  take(): boolean;
  free(): void;
}

/** Gives Services their addresses and node ports, each to one Service only. */
export function createServiceClaimer({ addressRanges, nodePorts, random, objects, services }: ServiceClaimsOptions): Claimer {
  const addresses = new ServiceAddresses({ configured: addressRanges, objects, random });
  const portCount = nodePorts.last - nodePorts.first + 1;
  const ports = createNumberPool({ size: portCount, chosen: chosenShare(portCount, { least: 16, most: 128 }), random });
  const allocator = new Allocator(addresses, { pool: ports, ...nodePorts });
  for (const service of services) {
    for (const address of addressesOf(service)) addresses.hold(address);
    for (const holding of allocator.portHoldingsOf(service)) holding.take();
  }

  const claim = (object: KubernetesObject, previous: KubernetesObject | undefined): Claim => {
    const before = previous === undefined ? [] : allocator.holdingsOf(previous as Service);
    const { service, taken } = allocator.allocate(object as Service, before);
    const had = previous === undefined ? [] : addressesOf(previous as Service);
    const has = addressesOf(service);
    const recorded: string[] = [];
    let isKept = false;
    return {
      object: service,
      async record() {
        for (const address of has.filter((each) => !had.includes(each))) {
          if (!(await addresses.record(address, service.metadata))) throw lost(object as Service, service, address);
          recorded.push(address);
        }
      },
      async keep() {
        isKept = true;
        const kept = new Set(allocator.holdingsOf(service).map(({ key }) => key));
        for (const holding of before) if (!kept.has(holding.key)) holding.free();
        for (const address of had) if (!has.includes(address)) await addresses.forget(address);
      },
      async abandon() {
        for (const address of recorded) await addresses.forget(address);
      },
      [Symbol.dispose]() {
        if (!isKept) for (const holding of taken) holding.free();
      },
    };
  };
  return {
    onCreate: (object) => claim(object, undefined),
    onUpdate: claim,
    async onDelete(object) {
      for (const holding of allocator.holdingsOf(object as Service)) holding.free();
      for (const address of addressesOf(object as Service)) await addresses.forget(address);
    },
  };
}

/** An address that was asked for is refused; another is found in place of one that nobody asked for. */
function lost({ spec: { clusterIPs = [] } }: Service, { metadata, spec }: Service, address: string): Error {
  const answer = alreadyAllocated(metadata.name, spec.clusterIPs, address);
  return clusterIPs.includes(address) ? answer : new ClaimLost(answer);
}

function alreadyAllocated(name: string, clusterIPs: unknown, address: string, problem = "provided IP is already allocated") {
  return invalidObject(ServiceKind, name, [invalid("spec.clusterIPs", clusterIPs, `failed to allocate IP ${address}: ${problem}`)]);
}

interface PooledPorts extends NodePortRange {
  readonly pool: NumberPool;
}

class Allocator {
  readonly #addresses: ServiceAddresses;
  readonly #ports: PooledPorts;

  constructor(addresses: ServiceAddresses, ports: PooledPorts) {
    this.#addresses = addresses;
    this.#ports = ports;
  }

  holdingsOf(service: Service): readonly Holding[] {
    return [...addressesOf(service).map((address) => this.#holdingOfAddress(address, service)), ...this.portHoldingsOf(service)];
  }

  portHoldingsOf({ spec }: Service): readonly Holding[] {
    const numbers = new Set([...(spec.ports ?? []).map(({ nodePort = 0 }) => nodePort), spec.healthCheckNodePort ?? 0]);
    return [...numbers].flatMap((port) => this.#holdingOfPort(port) ?? []);
  }

  /** The Service with what it needs, and what was taken for it anew. Throws `Invalid`, having taken nothing. */
  allocate(service: Service, before: readonly Holding[]): { readonly service: Service; readonly taken: readonly Holding[] } {
    const taken: Holding[] = [];
    const has = ({ key }: Holding): boolean => before.some((each) => each.key === key) || taken.some((each) => each.key === key);
    const take = (holding: Holding): boolean => {
      if (has(holding)) return true;
      if (!holding.take()) return false;
      taken.push(holding);
      return true;
    };
    const taking: Taking = { has, take, taken: (holding) => void taken.push(holding) };
    try {
      const addressed = this.#withAddresses(service, taking);
      return { service: { ...addressed, spec: this.#withPorts(addressed, taking) }, taken };
    } catch (error) {
      for (const holding of taken) holding.free();
      throw error;
    }
  }

  #withAddresses(service: Service, taking: Taking): Service {
    const { spec } = service;
    const { clusterIPs = [] } = spec;
    // What is malformed is for validation to name.
    if (spec.type === "ExternalName" || clusterIPs.some((address) => address !== "None" && ipFamilyOf(address) === undefined))
      return service;
    const decision = decideFamilies(spec, this.#addresses.families);
    if ("errors" in decision) throw invalidObject(ServiceKind, service.metadata.name, decision.errors);
    const { families, policy } = decision;
    const withFamilies = { ...spec, ipFamilies: families, ipFamilyPolicy: policy };
    if (isHeadless(spec)) return { ...service, spec: { ...withFamilies, clusterIP: "None", clusterIPs: ["None"] } };
    const addresses = families.map((family, index) => {
      const asked = clusterIPs[index] ?? "";
      return asked === "" ? this.#anyAddress(family, service, taking) : this.#askedAddress(service, asked, taking);
    });
    // More addresses than families, or of other families: validation says so.
    const all = [...addresses, ...clusterIPs.slice(addresses.length)];
    return { ...service, spec: { ...withFamilies, clusterIP: all[0]!, clusterIPs: all } };
  }

  #anyAddress(family: "IPv4" | "IPv6", service: Service, { taken }: Taking): string {
    const address = this.#addresses.takeAny(family);
    if (address === undefined) throw internalError("failed to allocate a serviceIP: range is full");
    taken(this.#holdingOfAddress(address, service));
    return address;
  }

  #askedAddress(service: Service, address: string, { has, take }: Taking): string {
    const { metadata, spec } = service;
    const holding = this.#holdingOfAddress(address, service);
    if (has(holding)) return address;
    if (!this.#addresses.isWithinRanges(address))
      throw alreadyAllocated(metadata.name, spec.clusterIPs, address, "the provided network does not match the current range");
    if (!take(holding)) throw alreadyAllocated(metadata.name, spec.clusterIPs, address);
    return address;
  }

  #withPorts({ metadata, spec }: Service, taking: Taking): ServiceSpec {
    const withHealthCheck = this.#withHealthCheckPort(spec, metadata.name, taking);
    if (!usesNodePorts(spec)) return withHealthCheck;
    const errors: FieldError[] = [];
    const byPort = new Map<number, number>();
    const ports = (spec.ports ?? []).map((port, index): ServicePort => {
      const asked = port.nodePort ?? 0;
      if (asked === 0) return port;
      const problem = this.#problemOfPort(asked, taking);
      if (problem !== undefined) errors.push(invalid(`spec.ports[${index}].nodePort`, asked, problem));
      byPort.set(port.port, asked);
      return port;
    });
    if (errors.length > 0) throw invalidObject(ServiceKind, metadata.name, errors);
    const usedWith = (port: ServicePort): boolean =>
      ports.some((other) => other.port === port.port && other.protocol === port.protocol && (other.nodePort ?? 0) !== 0);
    return {
      ...withHealthCheck,
      ports: ports.map((port) => {
        if ((port.nodePort ?? 0) !== 0) return port;
        // One port for TCP and UDP together is one port of the nodes.
        const nodePort = (usedWith(port) ? undefined : byPort.get(port.port)) ?? this.#anyPort(taking);
        byPort.set(port.port, nodePort);
        return { ...port, nodePort };
      }),
    };
  }

  #withHealthCheckPort(spec: ServiceSpec, name: string, taking: Taking): ServiceSpec {
    if (!needsHealthCheck(spec)) return spec;
    const asked = spec.healthCheckNodePort ?? 0;
    if (asked === 0) return { ...spec, healthCheckNodePort: this.#anyPort(taking) };
    const problem = this.#problemOfPort(asked, taking);
    if (problem === undefined) return spec;
    throw invalidObject(ServiceKind, name, [invalid("spec.healthCheckNodePort", asked, problem)]);
  }

  #problemOfPort(port: number, { take }: Taking): string | undefined {
    const holding = this.#holdingOfPort(port);
    if (holding === undefined)
      return `provided port is not in the valid range. The range of valid ports is ${this.#ports.first}-${this.#ports.last}`;
    return take(holding) ? undefined : "provided port is already allocated";
  }

  #anyPort({ taken }: Taking): number {
    const number = this.#ports.pool.takeAny();
    if (number === undefined) throw internalError("failed to allocate a nodePort: range is full");
    const port = this.#ports.first + number;
    taken(this.#holdingOfPort(port)!);
    return port;
  }

  #holdingOfAddress(address: string, { metadata }: Service): Holding {
    return {
      key: address,
      take: () => this.#addresses.take(address, metadata),
      free: () => this.#addresses.free(address),
    };
  }

  #holdingOfPort(port: number): Holding | undefined {
    const { first, last, pool } = this.#ports;
    if (port < first || port > last) return undefined;
    return { key: `port ${port}`, take: () => pool.take(port - first), free: () => pool.free(port - first) };
  }
}

/** What is done while a Service is given what it needs. */
interface Taking {
  /** It is the Service's already. */
  readonly has: (holding: Holding) => boolean;
  readonly take: (holding: Holding) => boolean;
  /** Something was taken for it that is free again when the Service comes to nothing. */
  readonly taken: (holding: Holding) => void;
}
