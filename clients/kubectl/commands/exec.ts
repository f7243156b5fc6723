import type { Command } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { joinStreams } from "../requests/container-streams.ts";
import { containerOf, podOf, requireUncompleted } from "../requests/pods.ts";

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
    const pod = await podOf(connection, target);
    requireUncompleted(pod, "exec into");
    const stdin = flags.is("stdin");
    const tty = flags.is("tty") && (!stdin || io.terminal !== undefined);
    if (flags.is("tty") && !tty && !flags.is("quiet"))
      io.error("Unable to use a TTY - input is not a terminal or the right kind of file\n");
    const container = containerOf(pod, flags.text("container"), io);
    await joinStreams(connection, { verb: "exec", pod, container, command, stdin, tty }, io);
  },
};
