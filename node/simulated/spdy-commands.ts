import { spdyConnection, type SpdyStream } from "@kubets/client";
import type { Duplex } from "@kubets/machinery";
import type { CommandResult } from "./programs.ts";
import type { Streams } from "./remote-commands.ts";
import { bytesOf } from "./bytes.ts";

/** What a client of exec or attach said that it will open. */
export interface WantedStreams {
  readonly hasInput: boolean;
  readonly hasOutput: boolean;
  readonly hasError: boolean;
  readonly isTerminal: boolean;
}

export interface SpdyCommandOptions extends WantedStreams {
  readonly run: (streams: Streams) => Promise<Pick<CommandResult, "exitCode">>;
  /** What the client is told of how it ended. */
  readonly statusOf: (exitCode: number) => object;
  readonly internal: (error: unknown) => object;
}

/** Runs a command over SPDY, with a stream for each of its ends and one for how it ended, as `v4.channel.k8s.io` has it. */
export async function serveSpdyCommand(connection: Duplex, options: SpdyCommandOptions): Promise<void> {
  const { hasInput, hasOutput, hasError, isTerminal, run, statusOf, internal } = options;
  const spdy = spdyConnection({ connection, end: "server" });
  const wanted = [
    "error",
    ...(hasInput ? ["stdin"] : []),
    ...(hasOutput ? ["stdout"] : []),
    // A terminal has one output, and a size.
    ...(hasError && !isTerminal ? ["stderr"] : []),
    ...(isTerminal ? ["resize"] : []),
  ];
  const opened = new Map<string, SpdyStream>();
  const complete = Promise.withResolvers<void>();
  const serving = spdy.serve((stream) => {
    opened.set(stream.headers["streamtype"] ?? "", stream);
    if (wanted.every((type) => opened.has(type))) complete.resolve();
  });
  await Promise.race([complete.promise, serving]);
  const status = opened.get("error");
  if (status === undefined) return;
  const write = async (type: string, bytes: Uint8Array): Promise<void> => opened.get(type)?.write(bytes);
  try {
    const { exitCode = 0 } = await run({
      stdin: () => textOf(opened.get("stdin")),
      stdout: (bytes) => write("stdout", bytes),
      stderr: (bytes) => write(opened.has("stderr") ? "stderr" : "stdout", bytes),
    });
    await status.write(bytesOf(JSON.stringify(statusOf(exitCode))));
  } catch (error) {
    await status.write(bytesOf(JSON.stringify(internal(error)))).catch(() => {});
  }
  for (const stream of opened.values()) await stream.end().catch(() => {});
  // Whoever asked closes the connection when all has been read: what comes after its end is not.
  await serving;
}

async function textOf(stream: SpdyStream | undefined): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stream?.readable ?? []) text += decoder.decode(bytes, { stream: true });
  return text;
}
