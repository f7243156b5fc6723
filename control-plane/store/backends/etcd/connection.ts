import type { Client } from "@connectrpc/connect";
import { ConnectError, createClient } from "@connectrpc/connect";
import { Http2SessionManager, createGrpcTransport } from "@connectrpc/connect-node";
import type { Tasks } from "@kubets/machinery";
import type { StoreError } from "../../store.ts";
import { neverSent, unavailable } from "./errors.ts";
import type { KvService, LeaseService, WatchService } from "./messages.ts";
import { KV, Lease, Watch } from "./messages.ts";

/** Certificates and key in PEM, for endpoints that begin with `https://`. */
export interface EtcdTls {
  readonly ca?: string | Uint8Array;
  readonly certificate?: string | Uint8Array;
  readonly key?: string | Uint8Array;
}

export interface Endpoint {
  readonly kv: Client<KvService>;
  readonly watch: Client<WatchService>;
  readonly lease: Client<LeaseService>;
}

export interface ConnectionOptions {
  /** Such as `https://10.0.0.1:2379`; tried in turn. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls;
  readonly tasks: Tasks;
}

/** An unanswered request fails after this long. */
const requestMilliseconds = 10_000;

/** The members of an etcd cluster: one is talked to as long as it can be reached, then the next. */
export class EtcdConnection {
  readonly #tasks: Tasks;
  readonly #sessions: readonly Http2SessionManager[];
  readonly #endpoints: readonly Endpoint[];
  #chosen = 0;

  constructor({ endpoints, tls, tasks }: ConnectionOptions) {
    if (endpoints.length === 0) throw new RangeError("Cannot connect to etcd: no endpoint is given");
    this.#tasks = tasks;
    const nodeOptions = tls === undefined ? {} : { ca: pem(tls.ca), cert: pem(tls.certificate), key: pem(tls.key) };
    this.#sessions = endpoints.map((url) => new Http2SessionManager(url, { pingIntervalMs: 30_000, pingTimeoutMs: 10_000 }, nodeOptions));
    this.#endpoints = this.#sessions.map((sessionManager, index) => {
      const transport = createGrpcTransport({ baseUrl: endpoints[index]!, sessionManager, acceptCompression: [] });
      return { kv: createClient(KV, transport), watch: createClient(Watch, transport), lease: createClient(Lease, transport) };
    });
  }

  /** The member that is talked to. */
  get endpoint(): Endpoint {
    return this.#endpoints[this.#chosen]!;
  }

  /** Talks to the next member from now on, unless that has happened since `endpoint` failed. */
  leave(endpoint: Endpoint): void {
    if (endpoint === this.endpoint) this.#chosen = (this.#chosen + 1) % this.#endpoints.length;
  }

  /**
   * Makes a request. A read is made of every member until one answers; a write goes to another one only when it was certainly not
   * sent. `isAnswer` says which errors are answers: they are thrown as they are, others as `Unavailable`.
   */
  async request<Response>(attempt: string, { kind, isAnswer = () => false, make }: RequestOptions<Response>): Promise<Response> {
    return this.#tasks.run("etcd request", async () => {
      let failure: StoreError | undefined;
      for (let tries = 0; tries < this.#endpoints.length; tries++) {
        const { endpoint } = this;
        try {
          return await make(endpoint, { timeoutMs: requestMilliseconds });
        } catch (error) {
          if (isAnswer(error)) throw error;
          failure = unavailable(attempt, error, { wasWrite: kind === "write" });
          this.leave(endpoint);
          if (kind === "write" && !neverSent(ConnectError.from(error))) break;
        }
      }
      throw failure;
    });
  }

  close(): void {
    for (const session of this.#sessions) session.abort();
  }
}

export interface RequestOptions<Response> {
  readonly kind: "read" | "write";
  readonly isAnswer?: (error: unknown) => boolean;
  readonly make: (endpoint: Endpoint, options: { readonly timeoutMs: number }) => Promise<Response>;
}

function pem(value: string | Uint8Array | undefined): string | Buffer | undefined {
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}
