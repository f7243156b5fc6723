import type { Command } from "../command-line/command.ts";
import { CommandError, SaidError, whileDoing } from "../errors.ts";
import { textAt } from "../json-object.ts";
import { loadManifests, manifestFlags, namesManifests } from "../manifests/load.ts";
import { objectPrinter, printerFlags } from "../printers/object-printer.ts";
import { objectName } from "../requests/api-resource.ts";
import { pathOf } from "../requests/connection.ts";
import { read } from "../requests/targets.ts";
import { untilDeleted, deadlineOf } from "../requests/until.ts";
import { dryRunFlag, dryRunOf, dryRunQuery, dryRunSuffix, fieldValidationOf, validateFlag } from "./dry-run.ts";
import { eachOf } from "./make-object.ts";

/** Puts whole objects in the place of those that are there; with `--force`, deletes them first. */
export const replace: Command = {
  flags: [
    ...printerFlags,
    ...manifestFlags,
    dryRunFlag,
    validateFlag,
    { name: "force", takes: "nothing" },
    { name: "grace-period", takes: "number" },
    { name: "timeout", takes: "text" },
    { name: "field-manager", takes: "text" },
  ],
  async run(invocation) {
    const { flags, io } = invocation;
    if (!namesManifests(flags)) throw new CommandError("must specify one of -f and -k");
    const [printer, dryRun] = [await objectPrinter(flags, io), dryRunOf(flags)];
    const connection = await invocation.connect();
    const { api } = connection;
    const query = {
      fieldManager: flags.text("field-manager") ?? "kubectl-replace",
      fieldValidation: fieldValidationOf(flags),
      ...dryRunQuery(dryRun),
    };
    const objects = await loadManifests(invocation, connection);
    const wentWell = await eachOf(objects, invocation, async ({ resource, namespace, name, object, source }) => {
      const target = { resource, namespace, name };
      const said = objectName(resource, name);
      try {
        if (flags.is("force")) {
          const uid = textAt(await read(connection, target), "metadata", "uid");
          const gracePeriodSeconds = flags.number("grace-period") ?? 0;
          await api.request({
            method: "DELETE",
            path: pathOf(resource, namespace, name),
            body: { kind: "DeleteOptions", apiVersion: "v1", gracePeriodSeconds },
          });
          io.out(`${said.replace("/", ' "')}" deleted\n`);
          await untilDeleted(connection, target, uid, deadlineOf(invocation, flags.text("timeout") ?? "5m"));
        }
        const [method, path] = flags.is("force")
          ? (["POST", pathOf(resource, namespace)] as const)
          : (["PUT", pathOf(resource, namespace, name)] as const);
        const after = dryRun === "client" ? object : await api.request({ method, path, query, body: object });
        io.out(printer?.([after], { asList: false }) ?? `${said} replaced${dryRunSuffix(dryRun)}\n`);
      } catch (error) {
        throw whileDoing(error, `replacing "${source}"`);
      }
    });
    if (!wentWell) throw new SaidError();
  },
};
