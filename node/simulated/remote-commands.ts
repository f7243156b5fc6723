import { acceptWebSocket, type ChannelConnection } from "@kubets/client";
import { badRequest, type DialRequest, type DialUpgrade } from "@kubets/machinery";
import { bytesOf } from "./bytes.ts";
import { serveSpdyCommand, type WantedStreams } from "./spdy-commands.ts";
import { acceptSpdy, acceptUpgrade, isSpdyRequest } from "./upgrades.ts";
import type { CommandResult } from "./programs.ts";

/** What a client of exec or attach sees: two outputs, an input that may end, and how it ended. */
export interface Streams {
  /** All of the input, once it has ended. */
  stdin(): Promise<string>;
  stdout(bytes: Uint8Array): Promise<void>;
  stderr(bytes: Uint8Array): Promise<void>;
}

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, closed: 255 } as const;
/** The newest first. */
const protocols: readonly string[] = ["v5.channel.k8s.io", "v4.channel.k8s.io", "channel.k8s.io"];
const spdyProtocols: readonly string[] = ["v4.channel.k8s.io"];

export interface RemoteCommandOptions {
  readonly request: DialRequest;
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
  /** Runs what the connection is for; nothing else of it is counted while its ends wait on one another. */
  readonly begin: (work: () => Promise<void>) => void;
  readonly run: (streams: Streams) => Promise<Pick<CommandResult, "exitCode">>;
}

/**
 * Answers a request for exec or attach with a websocket or, as older clients want it, with SPDY, over which `run` then speaks. Throws what
 * kubelets answer to others.
 */
export function remoteCommand(options: RemoteCommandOptions): DialUpgrade {
  const { request, query, signal, begin, run } = options;
  const isOpen = (name: string): boolean => ["1", "true"].includes(query.get(name) ?? "");
  if (!["input", "output", "error"].some(isOpen)) throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
  const wanted = { hasInput: isOpen("input"), hasOutput: isOpen("output"), hasError: isOpen("error"), isTerminal: isOpen("tty") };
  if (isSpdyRequest(request)) {
    const { answer, connection } = acceptSpdy(request, spdyProtocols);
    begin(() => serveSpdyCommand(connection, { ...wanted, run, statusOf, internal }));
    return answer;
  }
  const { answer, connection, protocol } = acceptUpgrade(request, protocols);
  begin(() => serve(acceptWebSocket({ connection, protocol, signal }), { ...wanted, run }));
  return answer;
}

async function serve(
  socket: ChannelConnection,
  { hasInput, hasOutput, hasError, run }: Omit<WantedStreams, "isTerminal"> & Pick<RemoteCommandOptions, "run">,
): Promise<void> {
  const send = (channel: number, bytes: Uint8Array): Promise<void> => {
    const message = new Uint8Array(bytes.length + 1);
    message[0] = channel;
    message.set(bytes, 1);
    return socket.send(message);
  };
  const input = Promise.withResolvers<string>();
  const reading = (async () => {
    const decoder = new TextDecoder();
    let text = "";
    try {
      for await (const message of socket.messages) {
        if (message[0] === channels.stdin) text += decoder.decode(message.subarray(1), { stream: true });
        if (message[0] === channels.closed && message[1] === channels.stdin) input.resolve(text);
      }
    } finally {
      input.resolve(text);
    }
  })();
  // Whoever closes the connection first has seen enough.
  reading.catch(() => {});
  try {
    // So clients learn that the connection stands.
    await send(hasOutput ? channels.stdout : channels.stderr, new Uint8Array());
    const { exitCode = 0 } = await run({
      stdin: () => (hasInput ? input.promise : Promise.resolve("")),
      stdout: (bytes) => send(channels.stdout, bytes),
      stderr: (bytes) => send(hasError ? channels.stderr : channels.stdout, bytes),
    });
    await send(channels.error, bytesOf(JSON.stringify(statusOf(exitCode))));
  } catch (error) {
    await send(channels.error, bytesOf(JSON.stringify(internal(error)))).catch(() => {});
  } finally {
    await socket.close().catch(() => {});
  }
}

function statusOf(exitCode: number): object {
  if (exitCode === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: `${exitCode}` }] },
  };
}

function internal(error: unknown): object {
  const message = error instanceof Error ? error.message : String(error);
  return { metadata: {}, status: "Failure", message, reason: "InternalError", code: 500 };
}
