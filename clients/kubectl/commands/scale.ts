import type { Command } from "../command-line/command.ts";
import { CommandError, sayError, SaidError } from "../errors.ts";
import { numberAt } from "../json-object.ts";
import { manifestFlags } from "../manifests/load.ts";
import { objectName } from "../requests/api-resource.ts";
import { pathOf } from "../requests/connection.ts";
import { targetFlags, targetsOf } from "../requests/targets.ts";
import { dryRunFlag, dryRunOf, dryRunQuery, dryRunSuffix } from "./dry-run.ts";

export const scale: Command = {
  flags: [
    ...manifestFlags,
    ...targetFlags,
    dryRunFlag,
    { name: "replicas", takes: "number" },
    { name: "current-replicas", takes: "number" },
    { name: "timeout", takes: "text" },
  ],
  async run(invocation) {
    const { flags, io, args } = invocation;
    const replicas = flags.number("replicas");
    if (replicas === undefined) throw new CommandError('required flag(s) "replicas" not set');
    if (replicas < 0) throw new CommandError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0");
    const dryRun = dryRunOf(flags);
    const expected = flags.number("current-replicas") ?? -1;
    const connection = await invocation.connect();
    let failed = false;
    for (const { resource, namespace, name } of await targetsOf(invocation, connection, { args })) {
      const path = pathOf(resource, namespace, name, "scale");
      try {
        const current = await connection.api.request({ method: "GET", path });
        const has = numberAt(current, "spec", "replicas");
        if (expected >= 0 && has !== expected) throw new CommandError(`Expected replicas to be ${expected}, was ${has}`);
        if (dryRun !== "client")
          await connection.api.request({
            method: "PATCH",
            path,
            query: { fieldManager: "kubectl", ...dryRunQuery(dryRun) },
            contentType: "application/merge-patch+json",
            body: { spec: { replicas } },
          });
        io.out(`${objectName(resource, name)} scaled${dryRunSuffix(dryRun)}\n`);
      } catch (error) {
        failed = true;
        io.error(`${sayError(error)}\n`);
      }
    }
    if (failed) throw new SaidError();
  },
};
