import type { Command } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { listAt, nameOf, textAt, valueAt } from "../json-object.ts";
import { joinStreams } from "../requests/container-streams.ts";
import { containerOf, podOf, requireUncompleted } from "../requests/pods.ts";

export const attach: Command = {
  flags: [
    { name: "stdin", short: "i", takes: "nothing" },
    { name: "tty", short: "t", takes: "nothing" },
    { name: "container", short: "c", takes: "text" },
    { name: "quiet", short: "q", takes: "nothing" },
    { name: "pod-running-timeout", takes: "text" },
  ],
  async run(invocation) {
    const { args, flags, io } = invocation;
    const [target] = args;
    if (target === undefined) throw new CommandError("at least 1 argument is required for attach");
    if (args.length > 1)
      throw new CommandError(`expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${args.length}: ${args.join(" ")}`);
    const connection = await invocation.connect();
    const pod = await podOf(connection, target);
    requireUncompleted(pod, "attach");
    const container = containerOf(pod, flags.text("container"), io);
    const spec = ["containers", "initContainers", "ephemeralContainers"]
      .flatMap((member) => listAt(pod, "spec", member))
      .find((each) => textAt(each, "name") === container);
    if (spec === undefined)
      throw new CommandError(`cannot attach to the container: container ${container} not found in pod ${nameOf(pod)}`);
    // Whether there is a terminal was settled when the container was made.
    const tty = valueAt(spec, "tty") === true;
    if (flags.is("tty") && !tty && !flags.is("quiet"))
      io.error(`error: Unable to use a TTY - container ${container} did not allocate one\n`);
    const stdin = flags.is("stdin");
    if (stdin && tty && !flags.is("quiet")) io.error("If you don't see a command prompt, try pressing enter.\n");
    await joinStreams(connection, { verb: "attach", pod, container, stdin, tty }, io);
    if (stdin && tty && textAt(pod, "spec", "restartPolicy") === "Always" && !flags.is("quiet"))
      io.error(`Session ended, resume using 'kubectl attach ${nameOf(pod)} -c ${container} -i -t' command when the pod is running\n`);
  },
};
