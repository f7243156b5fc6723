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
import type { Claim, Claimer } from "../claims.ts";
import { type AddressRange, parseAddressRange } from "./address-range.ts";
import { decideFamilies } from "./ip-families.ts";
import { chosenShare, createNumberPool, type NumberPool } from "./number-pool.ts";

export interface ServiceClaimsOptions {
  /** The ranges of Services' addresses, the cluster's own family first. */
  readonly addressRanges: readonly string[];
  readonly nodePorts: NodePortRange;
  readonly random: Random;
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
  readonly pool: NumberPool;
  readonly number: number;
  /** Tells holdings of one Service apart. */
  readonly key: string;
}

/** Gives Services their addresses and node ports, each to one Service only. */
export function createServiceClaimer({ addressRanges, nodePorts, random, services }: ServiceClaimsOptions): Claimer {
  const ranges = addressRanges.map((text) => {
    const range = parseAddressRange(text);
    const pool = createNumberPool({ size: range.size, chosen: chosenShare(range.size, { least: 16, most: 256 }), random });
    return { ...range, pool };
  });
  const portCount = nodePorts.last - nodePorts.first + 1;
  const ports = createNumberPool({ size: portCount, chosen: chosenShare(portCount, { least: 16, most: 128 }), random });
  const allocator = new Allocator(ranges, { pool: ports, ...nodePorts });
  // The first address is that of the Service `kubernetes`, whoever comes first.
  for (const range of ranges) range.pool.take(0);
  for (const service of services) for (const { pool, number } of allocator.holdingsOf(service)) pool.take(number);

  const claim = (object: KubernetesObject, previous: KubernetesObject | undefined): Claim => {
    const before = previous === undefined ? [] : allocator.holdingsOf(previous as Service);
    const { service, taken } = allocator.allocate(object as Service, before);
    let isKept = false;
    return {
      object: service,
      keep() {
        isKept = true;
        const kept = new Set(allocator.holdingsOf(service).map(({ key }) => key));
        for (const { pool, number, key } of before) if (!kept.has(key)) pool.free(number);
      },
      [Symbol.dispose]() {
        if (!isKept) for (const { pool, number } of taken) pool.free(number);
      },
    };
  };
  return {
    onCreate: (object) => claim(object, undefined),
    onUpdate: claim,
    onDelete(object) {
      for (const { pool, number } of allocator.holdingsOf(object as Service))
        if (!isReserved(object, number, pool, ranges)) pool.free(number);
    },
  };
}

/** The address of `kubernetes` stays its own while it is deleted and made anew. */
function isReserved({ metadata }: KubernetesObject, number: number, pool: NumberPool, ranges: readonly PooledRange[]): boolean {
  return isKubernetes(metadata) && number === 0 && ranges.some((range) => range.pool === pool);
}

function isKubernetes({ namespace, name }: KubernetesObject["metadata"]): boolean {
  return namespace === "default" && name === "kubernetes";
}

interface PooledRange extends AddressRange {
  readonly pool: NumberPool;
}

interface PooledPorts extends NodePortRange {
  readonly pool: NumberPool;
}

class Allocator {
  readonly #ranges: readonly PooledRange[];
  readonly #ports: PooledPorts;

  constructor(ranges: readonly PooledRange[], ports: PooledPorts) {
    this.#ranges = ranges;
    this.#ports = ports;
  }

  holdingsOf({ spec }: Service): readonly Holding[] {
    const addresses = (spec.clusterIPs ?? []).flatMap((address) => this.#holdingOfAddress(address) ?? []);
    const numbers = new Set([...(spec.ports ?? []).map(({ nodePort = 0 }) => nodePort), spec.healthCheckNodePort ?? 0]);
    return [...addresses, ...[...numbers].flatMap((port) => this.#holdingOfPort(port) ?? [])];
  }

  /** The Service with what it needs, and what was taken for it anew. Throws `Invalid`, having taken nothing. */
  allocate(service: Service, before: readonly Holding[]): { readonly service: Service; readonly taken: readonly Holding[] } {
    const taken: Holding[] = [];
    const take: Take = (holding) => {
      if (before.some(({ key }) => key === holding.key) || taken.some(({ key }) => key === holding.key)) return true;
      if (!holding.pool.take(holding.number)) return false;
      taken.push(holding);
      return true;
    };
    const takeAny: TakeAny = (pool, describe) => {
      const number = pool.takeAny();
      if (number === undefined) return undefined;
      taken.push(describe(number));
      return number;
    };
    try {
      const addressed = this.#withAddresses(service, { take, takeAny });
      return { service: { ...addressed, spec: this.#withPorts(addressed, { take, takeAny }) }, taken };
    } catch (error) {
      for (const { pool, number } of taken) pool.free(number);
      throw error;
    }
  }

  #withAddresses(service: Service, { take, takeAny }: Taking): Service {
    const { spec } = service;
    const { clusterIPs = [] } = spec;
    // What is malformed is for validation to name.
    if (spec.type === "ExternalName" || clusterIPs.some((address) => address !== "None" && ipFamilyOf(address) === undefined))
      return service;
    const decision = decideFamilies(
      spec,
      this.#ranges.map(({ family }) => family),
    );
    if ("errors" in decision) throw invalidObject(ServiceKind, service.metadata.name, decision.errors);
    const { families, policy } = decision;
    const withFamilies = { ...spec, ipFamilies: families, ipFamilyPolicy: policy };
    if (isHeadless(spec)) return { ...service, spec: { ...withFamilies, clusterIP: "None", clusterIPs: ["None"] } };
    const addresses = families.map((family, index) => {
      const asked = clusterIPs[index] ?? "";
      return asked === "" ? this.#anyAddress(family, takeAny) : this.#askedAddress(service, asked, take);
    });
    // More addresses than families, or of other families: validation says so.
    const all = [...addresses, ...clusterIPs.slice(addresses.length)];
    return { ...service, spec: { ...withFamilies, clusterIP: all[0]!, clusterIPs: all } };
  }

  #anyAddress(family: string, takeAny: TakeAny): string {
    const range = this.#ranges.find((each) => each.family === family);
    const index = range === undefined ? undefined : takeAny(range.pool, (number) => addressHolding(range, number));
    if (range === undefined || index === undefined) throw internalError("failed to allocate a serviceIP: range is full");
    return range.addressOf(index);
  }

  #askedAddress({ metadata, spec }: Service, address: string, take: Take): string {
    const holding = this.#holdingOfAddress(address);
    const refuse = (problem: string): never => {
      throw invalidObject(ServiceKind, metadata.name, [
        invalid("spec.clusterIPs", spec.clusterIPs, `failed to allocate IP ${address}: ${problem}`),
      ]);
    };
    if (holding === undefined) {
      const range = this.#ranges.find(({ family }) => family === ipFamilyOf(address));
      return refuse(`the provided network does not match the current range${range === undefined ? "" : ` (${range.text})`}`);
    }
    const isOwn = holding.number === 0 && isKubernetes(metadata);
    return isOwn || take(holding) ? address : refuse("provided IP is already allocated");
  }

  #withPorts({ metadata, spec }: Service, taking: Taking): ServiceSpec {
    const withHealthCheck = this.#withHealthCheckPort(spec, metadata.name, taking);
    if (!usesNodePorts(spec)) return withHealthCheck;
    const errors: FieldError[] = [];
    const byPort = new Map<number, number>();
    const ports = (spec.ports ?? []).map((port, index): ServicePort => {
      const asked = port.nodePort ?? 0;
      if (asked === 0) return port;
      const problem = this.#problemOfPort(asked, taking.take);
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
        const nodePort = (usedWith(port) ? undefined : byPort.get(port.port)) ?? this.#anyPort(taking.takeAny);
        byPort.set(port.port, nodePort);
        return { ...port, nodePort };
      }),
    };
  }

  #withHealthCheckPort(spec: ServiceSpec, name: string, { take, takeAny }: Taking): ServiceSpec {
    if (!needsHealthCheck(spec)) return spec;
    const asked = spec.healthCheckNodePort ?? 0;
    if (asked === 0) return { ...spec, healthCheckNodePort: this.#anyPort(takeAny) };
    const problem = this.#problemOfPort(asked, take);
    if (problem === undefined) return spec;
    throw invalidObject(ServiceKind, name, [invalid("spec.healthCheckNodePort", asked, problem)]);
  }

  #problemOfPort(port: number, take: Take): string | undefined {
    const holding = this.#holdingOfPort(port);
    if (holding === undefined)
      return `provided port is not in the valid range. The range of valid ports is ${this.#ports.first}-${this.#ports.last}`;
    return take(holding) ? undefined : "provided port is already allocated";
  }

  #anyPort(takeAny: TakeAny): number {
    const number = takeAny(this.#ports.pool, (taken) => portHolding(this.#ports, taken));
    if (number === undefined) throw internalError("failed to allocate a nodePort: range is full");
    return this.#ports.first + number;
  }

  #holdingOfAddress(address: string): Holding | undefined {
    for (const range of this.#ranges) {
      const number = range.indexOf(address);
      if (number !== undefined) return addressHolding(range, number);
    }
    return undefined;
  }

  #holdingOfPort(port: number): Holding | undefined {
    return port < this.#ports.first || port > this.#ports.last ? undefined : portHolding(this.#ports, port - this.#ports.first);
  }
}

type Take = (holding: Holding) => boolean;
type TakeAny = (pool: NumberPool, describe: (number: number) => Holding) => number | undefined;

interface Taking {
  readonly take: Take;
  readonly takeAny: TakeAny;
}

function addressHolding({ pool, family }: PooledRange, number: number): Holding {
  return { pool, number, key: `${family} ${number}` };
}

function portHolding({ pool }: PooledPorts, number: number): Holding {
  return { pool, number, key: `port ${number}` };
}
