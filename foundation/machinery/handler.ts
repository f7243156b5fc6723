/** Header names in lower case. Several values of one name are joined with `", "`, as HTTP allows. */
export type Headers = Readonly<Record<string, string>>;

/** A request to a {@link Handler}, free of sockets. */
export interface Request {
  /** `GET`, `POST`, … in upper case. */
  readonly method: string;
  /** Path and query as sent, such as `/api/v1/pods?limit=5`. */
  readonly target: string;
  readonly headers: Headers;
  /** The whole body; absent when there is none. Adapters bound its size and undo its content encoding. */
  readonly body?: Uint8Array;
  /**
   * From the in-process transport alone: what the JSON in {@link body} says, so that nothing is written and parsed within a process. Nobody
   * changes it. The body is made when it is asked for, so who understands this doesn't ask.
   */
  readonly value?: object;
}

/**
 * What the adapter knows of the caller and the caller can't claim.
 *
 * Only `distribution` and the testkit make the `in-process` form.
 */
export type Peer =
  | {
      readonly via: "network";
      /** The caller's address, such as `127.0.0.1`. */
      readonly address: string;
      /** The verified client certificate; absent when the caller showed none. */
      readonly certificate?: PeerCertificate;
    }
  | { readonly via: "in-process"; readonly user: UserInfo };

/** The subject of a client certificate that the adapter verified against the client CA, for client authentication. */
export interface PeerCertificate {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** SHA-256 of the certificate, in hexadecimal: upstream's `X509SHA256` credential id. */
  readonly fingerprint: string;
}

/** Who asks: the result of authentication. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** An answer. */
export interface Response {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ResponseBody;
}

/**
 * Bytes, or a stream of them with backpressure: the next chunk is asked for only when the last has been taken.
 *
 * `decoded` is for the in-process transport alone: the same answer as deep-frozen objects that all readers share, so that
 * nothing is encoded and decoded again within a process. An adapter for sockets never calls it; the in-process one never
 * asks for bytes when it is there.
 *
 * `subscribe`, where it is there, is for the in-process transport too: its reader is told instead of asking for `chunks`. One of the two is
 * used, once. A reader leaves by aborting its request.
 */
export type ResponseBody =
  | { readonly kind: "bytes"; readonly bytes: () => Uint8Array; readonly decoded?: () => unknown }
  /** `isWhole`: one answer in pieces, which ends by itself; otherwise what comes is to be passed on as it comes. */
  | {
      readonly kind: "stream";
      readonly chunks: AsyncIterable<Chunk>;
      readonly isWhole?: true;
      readonly subscribe?: (reader: StreamReader) => void;
    };

/** Who is told, in the server's own process, what a watch brings. */
export interface StreamReader {
  /** Takes events as {@link Chunk.decoded} gives them; they are delivered when this returns. What it throws ends the stream. */
  take(events: readonly unknown[]): void;
  /** Called once, after everything else: the stream has ended, with an error when it was cut short. */
  end(error?: unknown): void;
}

/** A piece of a streamed answer. For a watch: one or more events. */
export interface Chunk {
  readonly bytes: () => Uint8Array;
  /** The watch events of this chunk as `{ type, object }`; see {@link ResponseBody}. */
  readonly decoded?: () => readonly unknown[];
  /** Called when the chunk has reached its reader, so that undelivered events count as tasks until then. */
  readonly delivered?: () => void;
  /** Gives the memory of the bytes back, for the next chunk. Whoever keeps the bytes doesn't call it. */
  readonly release?: () => void;
}

/** An answer that turns the connection into a pair of byte streams: exec, attach, port-forward, upgrading proxies. */
export interface Upgrade {
  readonly status: 101;
  readonly headers: Headers;
  /** Called once by the adapter with the raw connection. Resolves when both directions have ended. */
  readonly serve: (connection: Duplex) => Promise<void>;
}

/** Two byte streams. Ending `readable`'s iteration early or closing `write` with an error resets the connection. */
export interface Duplex {
  readonly readable: AsyncIterable<Uint8Array>;
  /** Resolves when the bytes have been taken. Rejects when the connection is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the writing direction; with an error, the whole connection. */
  end(error?: unknown): Promise<void>;
}

/**
 * The API server as a function. `signal` is aborted when the caller has gone.
 *
 * Never rejects for a request's sake: what is wrong with one is answered as a `Status`.
 */
export type Handler = (request: Request, peer: Peer, signal: AbortSignal) => Promise<Response | Upgrade>;

export function isUpgrade(answer: Response | Upgrade): answer is Upgrade {
  return "serve" in answer;
}

/** Where a {@link Dialer} is to connect, and how the other side proves itself. */
export interface DialTarget {
  /** `https://host:port` or `http://host:port`. */
  readonly origin: string;
  /** PEM of the CAs that may have signed the server's certificate; the system's when absent. */
  readonly certificateAuthority?: string;
  /** The name the server's certificate must carry, when it is not the host. */
  readonly serverName?: string;
  /** Takes whichever certificate the server shows: what is encrypted, but proves nothing. */
  readonly anyCertificate?: boolean;
  /** The client certificate to show. */
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
}

/** A request of the server's own. A header may stand there several times, for values that hold commas themselves. */
export interface DialRequest extends Omit<Request, "headers"> {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}

/** How the server reaches what it must reach (webhooks, aggregated servers, kubelets, OIDC, KMS), without owning sockets. */
export interface Dialer {
  request(target: DialTarget, request: DialRequest, signal: AbortSignal): Promise<DialResponse>;
  /** Sends a request with `Upgrade` headers and answers the raw connection after the 101, or the refusal. */
  upgrade(target: DialTarget, request: DialRequest, signal: AbortSignal): Promise<DialUpgrade | DialResponse>;
}

export interface DialResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface DialUpgrade {
  readonly status: 101;
  readonly headers: Headers;
  readonly connection: Duplex;
}
