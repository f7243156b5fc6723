import { parseDuration } from "@kubets/machinery";
import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { type JsonObject, nameOf, namespaceOf } from "../json-object.ts";
import type { Query } from "../requests/api.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { bytesOf, containerNames, containerOf, podOf, podResource, podsBySelector } from "../requests/pods.ts";

export const logs: Command = {
  flags: [
    { name: "follow", short: "f", takes: "nothing" },
    { name: "previous", short: "p", takes: "nothing" },
    { name: "container", short: "c", takes: "text" },
    { name: "all-containers", takes: "nothing" },
    { name: "timestamps", takes: "nothing" },
    { name: "prefix", takes: "nothing" },
    { name: "tail", takes: "number" },
    { name: "since", takes: "text" },
    { name: "since-time", takes: "text" },
    { name: "limit-bytes", takes: "text" },
    { name: "selector", short: "l", takes: "text" },
    { name: "max-log-requests", takes: "number" },
    { name: "insecure-skip-tls-verify-backend", takes: "nothing" },
    { name: "ignore-errors", takes: "nothing" },
  ],
  async run(invocation) {
    const { flags, io } = invocation;
    const connection = await invocation.connect();
    const sources = await sourcesOf(invocation, connection);
    const query = queryOf(invocation);
    const print = async ({ pod, container }: Source): Promise<void> => {
      const path = pathOf(podResource, namespaceOf(pod), nameOf(pod), "log");
      const prefix = flags.is("prefix") ? `[pod/${nameOf(pod)}/${container}] ` : "";
      const chunks = connection.api.chunks({ path, query: { ...query, container } });
      if (prefix === "") for await (const chunk of chunks) await io.outBytes(chunk);
      else for await (const line of linesOf(chunks)) io.out(prefix + line);
    };
    if (flags.is("follow")) await Promise.all(sources.map(print));
    else for (const source of sources) await print(source);
  },
};

interface Source {
  readonly pod: JsonObject;
  readonly container: string;
}

async function sourcesOf({ args, flags, io }: Invocation, connection: Connection): Promise<readonly Source[]> {
  const selector = flags.text("selector");
  if (selector === undefined && (args.length === 0 || args.length > 2))
    throw new CommandError(
      "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command",
    );
  const pods = selector === undefined ? [await podOf(connection, args[0]!, io.error)] : await podsBySelector(connection, selector);
  return pods.flatMap((pod) => {
    if (flags.is("all-containers"))
      return ["initContainers", "containers"].flatMap((member) => containerNames(pod, member).map((container) => ({ pod, container })));
    const container = containerOf(pod, flags.text("container") ?? args[1], io);
    const isThere = ["containers", "initContainers", "ephemeralContainers"].some((member) =>
      containerNames(pod, member).includes(container),
    );
    if (!isThere) throw new CommandError(`container ${container} is not valid for pod ${nameOf(pod)}`);
    return [{ pod, container }];
  });
}

function queryOf({ flags }: Invocation): Query {
  const since = flags.text("since");
  const duration = since === undefined ? undefined : parseDuration(since);
  if (since !== undefined && duration === undefined)
    throw new CommandError(`invalid argument "${since}" for "--since" flag: time: invalid duration "${since}"`);
  // Of many Pods only the last lines are of interest; of one, all.
  const tail = flags.number("tail") ?? (flags.has("selector") ? 10 : -1);
  return {
    follow: flags.is("follow") ? "true" : undefined,
    previous: flags.is("previous") ? "true" : undefined,
    timestamps: flags.is("timestamps") ? "true" : undefined,
    tailLines: tail < 0 ? undefined : String(tail),
    sinceSeconds: duration === undefined ? undefined : String((duration + 999_999_999n) / 1_000_000_000n),
    sinceTime: flags.text("since-time"),
    limitBytes: flags.has("limit-bytes") ? String(bytesOf(flags.text("limit-bytes")!)) : undefined,
  };
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield `${line}\n`;
  }
  if (rest !== "") yield rest;
}
