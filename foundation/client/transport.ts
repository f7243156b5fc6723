import type { Duplex, Followed, Follower, Following, Headers } from "@kubets/machinery";

/**
 * How a client reaches an API server: in one process by calling its `handle`, across processes by HTTPS. Both go through all of
 * authentication, authorization and admission.
 */
export interface Transport {
  /** Sends a request; resolves when the head of the answer is there, whatever its status. Rejects when there is no answer. */
  send(request: TransportRequest, signal: AbortSignal): Promise<TransportResponse>;
  /**
   * Opens one of the websocket `protocols` (exec, attach, port-forward), by preference. Rejects with the `StatusError` of a refusal.
   */
  connect(request: { readonly target: string; readonly protocols: readonly string[] }, signal: AbortSignal): Promise<ChannelConnection>;
  /** Ends idle connections. Requests under way are aborted. */
  close(): Promise<void>;
  /** Answers are the server's own objects, deep-frozen and with all defaults: nothing needs to be filled in when they are read. */
  readonly sharesObjects?: boolean;
  /**
   * Follows a kind in the server's own process; see {@link Follow}. Whoever stands between client and server, and is to meet every request, leaves
   * it out.
   */
  follow?(what: Followed, follower: Follower): Following;
}

export interface TransportRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Lower-case names. `authorization` is added by the transport. */
  readonly headers: Headers;
  /** A JSON value (sent with the content-type of `headers`, or `application/json`), or bytes as they are. */
  readonly body?: unknown;
}

/** The head of an answer, and three ways to read the rest; use one, once. */
export interface TransportResponse {
  readonly status: number;
  readonly headers: Headers;
  /** The whole body as a JSON value: deep-frozen, and in one process the very object that the server's cache holds. */
  object(): Promise<unknown>;
  /** The events of a watch, in batches as they arrive. A batch counts as delivered when the next one is asked for. */
  events(): EventBatches;
  /** The bytes as they arrive (logs). */
  chunks(): AsyncIterable<Uint8Array>;
}

/** What a watch brings; read it by iterating, or by {@link forEach} where there is one, once. */
export interface EventBatches extends AsyncIterable<readonly unknown[]> {
  /**
   * Has each batch taken as soon as it is there, within one process: it is delivered when `take` returns. Resolves and rejects as iterating
   * ends, and with what `take` throws.
   */
  forEach?(take: (batch: readonly unknown[]) => void): Promise<void>;
}

/** A websocket of binary messages. The first byte of a message is its channel, as the negotiated protocol defines. */
export interface ChannelConnection {
  readonly protocol: string;
  readonly messages: AsyncIterable<Uint8Array>;
  send(message: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export type { Duplex };
