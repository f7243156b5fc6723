import { formatGoJson, formatYaml } from "@kubets/machinery";
import type { Command } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { textAt } from "../json-object.ts";

/** The Kubernetes release whose kubectl this one is like. */
const clientVersion = { gitVersion: "v1.36.0", major: "1", minor: "36" };

export const version: Command = {
  flags: [
    { name: "client", takes: "nothing" },
    { name: "output", short: "o", takes: "text" },
  ],
  async run({ flags, io, connect }) {
    const output = flags.text("output") ?? "";
    if (!["", "json", "yaml"].includes(output)) throw new CommandError("--output must be 'yaml' or 'json'");
    const server = flags.is("client") ? undefined : await (await connect()).api.request({ method: "GET", path: "/version" });
    const versions = { clientVersion, ...(server === undefined ? {} : { serverVersion: server }) };
    if (output === "json") return io.out(`${formatGoJson(versions, "  ")}\n`);
    if (output === "yaml") return io.out(formatYaml(versions));
    io.out(`Client Version: ${clientVersion.gitVersion}\n`);
    if (server !== undefined) io.out(`Server Version: ${textAt(server, "gitVersion")}\n`);
  },
};
