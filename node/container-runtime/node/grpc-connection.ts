import { connect } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Transport } from "@connectrpc/connect";
import { Http2SessionManager, createGrpcTransport } from "@connectrpc/connect-node";
import type { DescMethod, DescMethodStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import type { RuntimeErrorReason } from "../runtime-error.ts";
import { RuntimeError } from "../runtime-error.ts";

export interface GrpcCallOptions {
  readonly signal?: AbortSignal;
  /** The call fails with `DeadlineExceeded` after this long; absent: never. */
  readonly timeoutMilliseconds?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** gRPC over a unix socket. It connects when first needed, and again when the connection was lost. */
export interface GrpcConnection {
  /** Rejects with a `RuntimeError`. */
  call(method: DescMethod, request: Record<string, unknown>, options?: GrpcCallOptions): Promise<object>;
  /** The answers of a method that streams them; throws a `RuntimeError`. */
  subscribe(method: DescMethod, request: Record<string, unknown>, options?: GrpcCallOptions): AsyncIterable<object>;
  close(): void;
}

export function connectGrpc(socketPath: string): GrpcConnection {
  const sessionManager = new Http2SessionManager("http://localhost", {}, { createConnection: () => connect(socketPath) });
  const transport: Transport = createGrpcTransport({ baseUrl: "http://localhost", sessionManager, acceptCompression: [] });
  return {
    async call(method, request, { signal, timeoutMilliseconds, headers } = {}) {
      try {
        const answer = await transport.unary(method as DescMethodUnary, signal, timeoutMilliseconds, headers, request);
        return answer.message;
      } catch (error) {
        throw runtimeErrorOf(method.name, error);
      }
    },
    async *subscribe(method, request, { signal, timeoutMilliseconds, headers } = {}) {
      try {
        const answer = await transport.stream(
          method as DescMethodStreaming,
          signal,
          timeoutMilliseconds,
          headers,
          (async function* () {
            yield request;
          })(),
        );
        yield* answer.message;
      } catch (error) {
        throw runtimeErrorOf(method.name, error);
      }
    },
    close() {
      sessionManager.abort();
    },
  };
}

const reasons: Readonly<Partial<Record<Code, RuntimeErrorReason>>> = {
  [Code.NotFound]: "NotFound",
  [Code.AlreadyExists]: "AlreadyExists",
  [Code.InvalidArgument]: "InvalidArgument",
  [Code.FailedPrecondition]: "FailedPrecondition",
  [Code.DeadlineExceeded]: "DeadlineExceeded",
  [Code.ResourceExhausted]: "ResourceExhausted",
  [Code.PermissionDenied]: "PermissionDenied",
  [Code.Unauthenticated]: "PermissionDenied",
  [Code.Unimplemented]: "Unimplemented",
  [Code.Unavailable]: "Unavailable",
  [Code.Aborted]: "Unavailable",
  [Code.Canceled]: "Cancelled",
};

function runtimeErrorOf(call: string, error: unknown): RuntimeError {
  const failure = ConnectError.from(error);
  const reason = isBrokenConnection(failure) ? "Unavailable" : reasons[failure.code];
  return new RuntimeError(reason ?? "Unknown", call, failure.rawMessage, { cause: error });
}

const connectionCodes: ReadonlySet<string> = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"]);

function isBrokenConnection(error: ConnectError): boolean {
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && typeof cause.code === "string" && connectionCodes.has(cause.code)) return true;
  }
  return false;
}
