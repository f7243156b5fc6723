import {
  addressOfService,
  canonicalIp,
  defaultServiceCIDR,
  givesAddresses,
  IPAddressKind,
  type IpFamily,
  isAddressOf,
  type Service,
  ServiceCIDRKind,
} from "@kubets/api";
import { isStatus, type Kind, type Random } from "@kubets/machinery";
import type { ObjectReader, ObjectWriter } from "../../contracts.ts";
import { type AddressRange, parseAddressRange } from "./address-range.ts";
import { anyFree, chosenShare } from "./number-pool.ts";

/** By which objects the addresses of Services are kept: absent in servers that have no such kinds. */
export interface AddressObjects {
  readonly reader: Pick<ObjectReader, "get" | "list" | "lastChange">;
  readonly writer: () => Pick<ObjectWriter, "create">;
  readonly remove: (kind: Kind, namespace: string, name: string) => Promise<void>;
}

export interface ServiceAddressesOptions {
  /** The ranges that the server was given: those of the ServiceCIDR `kubernetes`, and of the families that Services may have. */
  readonly configured: readonly string[];
  readonly objects: AddressObjects | undefined;
  readonly random: Random;
}

type Owner = Pick<Service["metadata"], "namespace" | "name">;

/**
 * Which addresses Services have, and where they get new ones: out of the ranges of every ServiceCIDR that is ready. An address is held here from
 * the moment at which it is chosen, and by an IPAddress as long as its Service is there: so that no two servers over one store give it away
 * twice, nor what somebody else has taken by an IPAddress of his own.
 */
export class ServiceAddresses {
  readonly families: readonly IpFamily[];
  readonly #configured: readonly AddressRange[];
  readonly #objects: AddressObjects | undefined;
  readonly #random: Random;
  readonly #held = new Set<string>();
  /** The first of each range that the server was given: for the Service `kubernetes`, whoever comes first. */
  readonly #reserved: ReadonlySet<string>;
  #declared: { readonly revision: number; readonly ranges: readonly AddressRange[] } | undefined;

  constructor({ configured, objects, random }: ServiceAddressesOptions) {
    this.#configured = configured.map(parseAddressRange);
    this.families = this.#configured.map(({ family }) => family);
    this.#objects = objects;
    this.#random = random;
    this.#reserved = new Set(this.#configured.map((range) => range.addressOf(0)));
  }

  /** Any that is free, by chance, held from now on; `undefined` when all ranges of the family are full. */
  takeAny(family: IpFamily): string | undefined {
    for (const range of this.#ranges()) {
      if (range.family !== family) continue;
      const numbers = { size: range.size, chosen: chosenShare(range.size, { least: 16, most: 256 }) };
      const index = anyFree(numbers, this.#random, (each) => this.#isTaken(range.addressOf(each)));
      if (index === undefined) continue;
      const address = range.addressOf(index);
      this.#held.add(address);
      return address;
    }
    return undefined;
  }

  /** Whether it was free, or the Service's own by an IPAddress that is there already. */
  take(address: string, owner: Owner): boolean {
    if (this.#reserved.has(address) && isKubernetes(owner)) return true;
    if (this.#isTaken(address, owner)) return false;
    this.#held.add(address);
    return true;
  }

  /** That a Service has it, whatever else is known. */
  hold(address: string): void {
    this.#held.add(address);
  }

  free(address: string): void {
    this.#held.delete(address);
  }

  isWithinRanges(address: string): boolean {
    return this.#ranges().some((range) => range.indexOf(address) !== undefined);
  }

  /** Writes down whose an address is. `false` when another server, or somebody by hand, was faster. */
  async record(address: string, owner: Owner): Promise<boolean> {
    const objects = this.#objects;
    if (objects === undefined) return true;
    try {
      await objects.writer().create(IPAddressKind, addressOfService(address, owner));
      return true;
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      const present = objects.reader.get(IPAddressKind, "", address);
      return present !== undefined && isAddressOf(present, owner);
    }
  }

  /** Nobody has it any more; what can't be removed now, the repair finds. */
  async forget(address: string): Promise<void> {
    await this.#objects?.remove(IPAddressKind as unknown as Kind, "", address).catch(() => {});
  }

  #isTaken(address: string, owner?: Owner): boolean {
    if (this.#held.has(address) || this.#reserved.has(address)) return true;
    const present = this.#objects?.reader.get(IPAddressKind, "", address);
    return present !== undefined && (owner === undefined || !isAddressOf(present, owner));
  }

  /** The server's own first, so that others are of use when those are full. */
  #ranges(): readonly AddressRange[] {
    if (this.#objects === undefined) return this.#configured;
    const { reader } = this.#objects;
    const revision = reader.lastChange?.(ServiceCIDRKind) ?? 0;
    if (this.#declared?.revision === revision) return this.#declared.ranges;
    const all = reader.list(ServiceCIDRKind, "");
    const isDeclared = all.some(({ metadata }) => metadata.name === defaultServiceCIDR);
    const rank = (name: string): string => (name === defaultServiceCIDR ? "" : name);
    const declared = all
      .filter(givesAddresses)
      .toSorted((a, b) => (rank(a.metadata.name) < rank(b.metadata.name) ? -1 : 1))
      .flatMap(({ spec }) => (spec.cidrs ?? []).flatMap(readableRange));
    const ranges = isDeclared ? declared : [...this.#configured, ...declared];
    this.#declared = { revision, ranges };
    return ranges;
  }
}

/** The addresses of a Service as their IPAddresses are called. */
export function addressesOf({ spec: { clusterIPs = [] } }: Service): readonly string[] {
  return clusterIPs.flatMap((address) => canonicalIp(address) ?? []);
}

function isKubernetes({ namespace, name }: Owner): boolean {
  return namespace === "default" && name === "kubernetes";
}

/** A range without room for Services is no reason to refuse those of others. */
function readableRange(text: string): readonly AddressRange[] {
  try {
    return [parseAddressRange(text)];
  } catch {
    return [];
  }
}
