import type { Pod } from "@kubets/api";
import type { Quantity } from "@kubets/machinery";
import { type AddressPool, createAddressPool } from "./addresses.ts";
import { capacityOf, type NodePlace, type SimulatedNodeSpec } from "./node-object.ts";
import type { PodAddress } from "./pod-state.ts";
import type { PodHost } from "./pod-workers.ts";

export type Power = "up" | "partitioned" | "down";

export interface SimulatedNode {
  readonly name: string;
  /** The machine loses power: its containers are lost, nothing is heard of it. */
  fail(): void;
  /** The network is cut: its containers go on, nothing is heard of it, nor does it hear. */
  partition(): void;
  /** It is there again. After {@link fail}, it starts what should run anew. */
  restore(): Promise<void>;
}

/** A machine that isn't there: what a simulated node is to its Pods and to whoever lets it fail. */
export class Machine implements PodHost, SimulatedNode {
  readonly name: string;
  readonly spec: SimulatedNodeSpec;
  readonly place: NodePlace;
  readonly #addresses: AddressPool;
  readonly #comesBack: (machine: Machine, lost: boolean) => Promise<void>;
  #state: Power;

  constructor(
    spec: SimulatedNodeSpec,
    place: NodePlace,
    comesBack: (machine: Machine, lost: boolean) => Promise<void>,
    power: Power = "up",
  ) {
    this.#state = power;
    this.name = spec.name;
    this.spec = spec;
    this.place = place;
    this.#addresses = createAddressPool(place.podRange);
    this.#comesBack = comesBack;
  }

  get isConnected(): boolean {
    return this.#state === "up";
  }

  get capacity(): Readonly<Record<string, Quantity>> {
    return capacityOf(this.spec);
  }

  get power(): Power {
    return this.#state;
  }

  assign({ spec, status }: Pod, before?: PodAddress): PodAddress {
    const hostIP = this.place.address;
    if (spec.hostNetwork === true) return { hostIP, podIP: hostIP };
    const known = before?.podIP ?? status.podIP;
    return { hostIP, podIP: known !== undefined && this.#addresses.claim(known) ? known : this.#addresses.take() };
  }

  release({ podIP }: PodAddress): void {
    this.#addresses.release(podIP);
  }

  fail(): void {
    this.#state = "down";
  }

  partition(): void {
    if (this.#state === "up") this.#state = "partitioned";
  }

  async restore(): Promise<void> {
    const before = this.#state;
    this.#state = "up";
    if (before !== "up") await this.#comesBack(this, before === "down");
  }
}
