import { parseYaml } from "@kubets/machinery";
import type { Command } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { textAt } from "../json-object.ts";
import { manifestFlags } from "../manifests/load.ts";
import { objectPrinter, printerFlags } from "../printers/object-printer.ts";
import { objectName } from "../requests/api-resource.ts";
import { pathOf } from "../requests/connection.ts";
import { read, targetsOf } from "../requests/targets.ts";
import { dryRunFlag, dryRunOf, dryRunQuery, dryRunSuffix } from "./dry-run.ts";

const mediaTypes: Readonly<Record<string, string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

export const patch: Command = {
  flags: [
    ...printerFlags,
    ...manifestFlags,
    dryRunFlag,
    { name: "patch", short: "p", takes: "text" },
    { name: "patch-file", takes: "text" },
    { name: "type", takes: "text" },
    { name: "subresource", takes: "text" },
    { name: "field-manager", takes: "text" },
  ],
  async run(invocation) {
    const { flags, io, args } = invocation;
    const text = flags.has("patch-file") ? await io.readFile(flags.text("patch-file")!) : flags.text("patch");
    if (text === undefined || text === "")
      throw new CommandError("must specify --patch or --patch-file containing the contents of the patch");
    const contentType = mediaTypes[flags.text("type") ?? "strategic"];
    if (contentType === undefined) throw new CommandError(`--type must be one of [json merge strategic], not "${flags.text("type")}"`);
    const dryRun = dryRunOf(flags);
    const printer = await objectPrinter(flags, io);
    const connection = await invocation.connect();
    for (const target of await targetsOf(invocation, connection, { args })) {
      const { resource, namespace, name } = target;
      const before = await read(connection, target);
      const after = await connection.api.request({
        method: "PATCH",
        path: pathOf(resource, namespace, name, flags.text("subresource")),
        query: { fieldManager: flags.text("field-manager") ?? "kubectl-patch", ...dryRunQuery(dryRun === "client" ? "server" : dryRun) },
        contentType,
        body: parseYaml(text).value,
      });
      const version = (object: unknown): string => textAt(object, "metadata", "resourceVersion");
      const outcome = version(before) === version(after) ? "patched (no change)" : "patched";
      io.out(printer?.([after], { asList: false }) ?? `${objectName(resource, name)} ${outcome}${dryRunSuffix(dryRun)}\n`);
    }
  },
};
