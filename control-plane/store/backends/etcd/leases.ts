import type { Clock } from "@kubets/machinery";
import type { EtcdConnection } from "./connection.ts";

/** Keys that are written within this time of one another share a lease: each lease is a write of its own. */
const sharedSeconds = 60;
/** The lease ends this long after the process that wrote the key should have deleted it. */
const graceSeconds = 60;

/**
 * The leases behind keys with a time to live. The process that wrote a key deletes it in time, with a cause; the lease is for when
 * that process is gone.
 */
export class Leases {
  readonly #connection: EtcdConnection;
  readonly #clock: Clock;
  readonly #shared = new Map<number, { readonly until: number; readonly id: Promise<bigint> }>();

  constructor({ connection, clock }: { readonly connection: EtcdConnection; readonly clock: Clock }) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** A lease for a key that lives `ttlSeconds` from now. */
  async leaseFor(ttlSeconds: number): Promise<bigint> {
    const now = this.#clock.monotonic();
    const shared = this.#shared.get(ttlSeconds);
    if (shared !== undefined && shared.until > now) return shared.id;
    const id = this.#grant(ttlSeconds);
    this.#shared.set(ttlSeconds, { until: now + sharedSeconds * 1000, id });
    try {
      return await id;
    } catch (error) {
      this.#shared.delete(ttlSeconds);
      throw error;
    }
  }

  async #grant(ttlSeconds: number): Promise<bigint> {
    const TTL = BigInt(Math.ceil(ttlSeconds) + sharedSeconds + graceSeconds);
    // A lease that was granted twice is one too many for its lifetime, nothing worse: as harmless to repeat as a read.
    const { ID } = await this.#connection.request("get a lease from etcd", {
      kind: "read",
      make: ({ lease }, options) => lease.leaseGrant({ TTL }, options),
    });
    return ID;
  }
}
