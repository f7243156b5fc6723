import type { ChannelConnection } from "@kubets/client";
import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError, SaidError } from "../errors.ts";
import { isJsonObject, type JsonObject, listAt, nameOf, namespaceOf, textAt } from "../json-object.ts";
import { pathOf } from "../requests/connection.ts";
import { containerOf, phaseOf, podOf, podResource } from "../requests/pods.ts";

export const exec: Command = {
  flags: [
    { name: "stdin", short: "i", takes: "nothing" },
    { name: "tty", short: "t", takes: "nothing" },
    { name: "container", short: "c", takes: "text" },
    { name: "quiet", short: "q", takes: "nothing" },
    { name: "pod-running-timeout", takes: "text" },
  ],
  async run(invocation) {
    const { args, dash, flags, io } = invocation;
    const [target] = args;
    const command = args.slice(1);
    if (target === undefined || dash === 0) throw new CommandError("pod, type/name or --filename must be specified");
    if (command.length === 0) throw new CommandError("you must specify at least one command for the container");
    if (dash === undefined) throw new CommandError("exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead");
    const connection = await invocation.connect();
    const pod = await podOf(connection, target, io);
    if (["Succeeded", "Failed"].includes(phaseOf(pod)))
      throw new CommandError(`cannot exec into a container in a completed pod; current phase is ${phaseOf(pod)}`);
    const query = {
      command,
      container: containerOf(pod, flags.text("container"), io),
      stdin: flags.is("stdin") ? "true" : undefined,
      stdout: "true",
      // A terminal has one stream for both.
      stderr: flags.is("tty") ? undefined : "true",
      tty: flags.is("tty") ? "true" : undefined,
    };
    const channels = await connection.api.connect(pathOf(podResource, namespaceOf(pod), nameOf(pod), "exec"), query, [
      "v5.channel.k8s.io",
      "v4.channel.k8s.io",
    ]);
    return relay(channels, invocation);
  },
};

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, close: 255 } as const;

/** Carries the streams to and fro until the command ends; answers its exit code. */
async function relay(channels: ChannelConnection, { io, flags }: Invocation): Promise<number> {
  const sending = flags.is("stdin") ? sendInput(channels, io.input) : undefined;
  // The command may end, and the connection with it, while input is still being sent.
  sending?.catch(() => {});
  let outcome: JsonObject | undefined;
  for await (const message of channels.messages) {
    const payload = message.subarray(1);
    if (message[0] === channel.stdout && payload.length > 0) io.outBytes(payload);
    else if (message[0] === channel.stderr) io.error(new TextDecoder().decode(payload));
    else if (message[0] === channel.error) outcome = readOutcome(payload);
  }
  if (outcome === undefined || textAt(outcome, "status") === "Success") return 0;
  const cause = listAt(outcome, "details", "causes").find((each) => textAt(each, "reason") === "ExitCode");
  if (cause === undefined) throw new CommandError(`Internal error occurred: ${textAt(outcome, "message")}`);
  const exitCode = Number(textAt(cause, "message"));
  io.error(`command terminated with exit code ${exitCode}\n`);
  throw new SaidError(exitCode);
}

async function sendInput(channels: ChannelConnection, input: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const bytes of input) {
    const message = new Uint8Array(bytes.length + 1);
    message.set(bytes, 1);
    await channels.send(message);
  }
  // Only the fifth version of the protocol can end one stream and keep the others.
  if (channels.protocol === "v5.channel.k8s.io") await channels.send(Uint8Array.of(channel.close, channel.stdin));
}

function readOutcome(payload: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(new TextDecoder().decode(payload));
  return isJsonObject(value) ? value : {};
}
