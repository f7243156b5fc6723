import type { ChannelConnection } from "@kubets/client";
import type { Io, TerminalSize } from "../command-line/command.ts";
import { CommandError, SaidError } from "../errors.ts";
import { isJsonObject, type JsonObject, listAt, nameOf, namespaceOf, textAt } from "../json-object.ts";
import { type Connection, pathOf } from "./connection.ts";
import { podResource } from "./pods.ts";

/** What exec and attach ask of a container. */
export interface StreamRequest {
  readonly verb: "exec" | "attach";
  readonly pod: JsonObject;
  readonly container: string;
  /** Of exec alone. */
  readonly command?: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
}

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/**
 * Joins this process's streams with a container's until the command there ends. Answers nothing when it succeeded; throws with its exit
 * code, which has been said then, or with what went wrong.
 */
export async function joinStreams({ api }: Connection, request: StreamRequest, io: Io): Promise<void> {
  const { verb, pod, container, command, stdin, tty } = request;
  const query = {
    command: command ?? [],
    container,
    stdin: stdin ? "true" : undefined,
    stdout: "true",
    // A terminal has one stream for both.
    stderr: tty ? undefined : "true",
    tty: tty ? "true" : undefined,
  };
  const channels = await api.connect(pathOf(podResource, namespaceOf(pod), nameOf(pod), verb), query, [
    "v5.channel.k8s.io",
    "v4.channel.k8s.io",
  ]);
  const terminal = tty ? io.terminal : undefined;
  const over = new AbortController();
  using _raw = stdin ? terminal?.raw() : undefined;
  try {
    // The command may end, and the connection with it, while input or sizes are still being sent.
    if (terminal !== undefined) sendSizes(channels, terminal.sizes(over.signal), verb).catch(() => {});
    if (stdin) sendInput(channels, io.input).catch(() => {});
    await readOutputs(channels, io);
  } finally {
    over.abort();
  }
}

async function readOutputs(channels: ChannelConnection, io: Io): Promise<void> {
  let outcome: JsonObject | undefined;
  for await (const message of channels.messages) {
    const payload = message.subarray(1);
    if (message[0] === channel.stdout && payload.length > 0) await io.outBytes(payload);
    else if (message[0] === channel.stderr) io.error(new TextDecoder().decode(payload));
    else if (message[0] === channel.error) outcome = readOutcome(payload);
  }
  if (outcome === undefined) throw new CommandError("error reading from error stream: the connection ended before the command");
  if (textAt(outcome, "status") === "Success") return;
  const cause = listAt(outcome, "details", "causes").find((each) => textAt(each, "reason") === "ExitCode");
  if (cause === undefined) throw new CommandError(`Internal error occurred: ${textAt(outcome, "message")}`);
  const exitCode = Number(textAt(cause, "message"));
  io.error(`command terminated with exit code ${exitCode}\n`);
  throw new SaidError(exitCode);
}

async function sendInput(channels: ChannelConnection, input: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const bytes of input) await channels.send(messageOf(channel.stdin, bytes));
  // Only the fifth version of the protocol can end one stream and keep the others.
  if (channels.protocol === "v5.channel.k8s.io") await channels.send(Uint8Array.of(channel.close, channel.stdin));
}

async function sendSizes(channels: ChannelConnection, sizes: AsyncIterable<TerminalSize>, verb: "exec" | "attach"): Promise<void> {
  let isFirst = true;
  for await (const size of sizes) {
    // What runs already draws its screen anew when the size changes, and only then.
    if (isFirst && verb === "attach") await sendSize(channels, { rows: size.rows + 1, columns: size.columns + 1 });
    isFirst = false;
    await sendSize(channels, size);
  }
}

function sendSize(channels: ChannelConnection, { rows, columns }: TerminalSize): Promise<void> {
  return channels.send(messageOf(channel.resize, new TextEncoder().encode(JSON.stringify({ Width: columns, Height: rows }))));
}

function messageOf(number: number, bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(bytes.length + 1);
  message[0] = number;
  message.set(bytes, 1);
  return message;
}

function readOutcome(payload: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(new TextDecoder().decode(payload));
  return isJsonObject(value) ? value : {};
}
