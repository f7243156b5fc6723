import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError, sayError, SaidError } from "../errors.ts";
import type { JsonObject } from "../json-object.ts";
import { loadManifests, type ManifestObject, manifestFlags } from "../manifests/load.ts";
import { objectPrinter, printerFlags } from "../printers/object-printer.ts";
import { objectName } from "../requests/api-resource.ts";
import { applyFlags, applyObject, currentOf } from "./apply-object.ts";
import { dryRunFlag, dryRunOf, dryRunSuffix, validateFlag } from "./dry-run.ts";
import { lastApplied, lastAppliedOf } from "./last-applied.ts";

export const apply: Command = {
  flags: [
    ...printerFlags,
    ...manifestFlags,
    dryRunFlag,
    validateFlag,
    { name: "selector", short: "l", takes: "text" },
    { name: "overwrite", takes: "nothing" },
    ...applyFlags,
  ],
  async run(invocation) {
    const { flags, io, args } = invocation;
    if (args.length > 0) throw new CommandError(`Unexpected args: [${args.join(" ")}]`);
    const printer = await objectPrinter(flags, io);
    const connection = await invocation.connect();
    const objects = await loadManifests(invocation, connection);
    const applied: JsonObject[] = [];
    let failed = false;
    for (const manifest of objects) {
      try {
        const current = flags.is("server-side") ? undefined : await currentOf(connection, manifest);
        if (current !== undefined && lastAppliedOf(current) === undefined) warnOfMissing(invocation, manifest);
        const { outcome, object } = await applyObject(invocation, connection, {
          manifest,
          current,
          dryRun: dryRunOf(flags),
          isRemembered: true,
        });
        applied.push(object);
        if (printer === undefined) io.out(`${objectName(manifest.resource, manifest.name)} ${outcome}${dryRunSuffix(dryRunOf(flags))}\n`);
      } catch (error) {
        failed = true;
        io.error(`${sayError(error)}\n`);
      }
    }
    if (printer !== undefined && applied.length > 0) io.out(printer(applied, { asList: objects.length !== 1 }));
    if (failed) throw new SaidError();
  },
};

function warnOfMissing({ io }: Invocation, { resource, name }: ManifestObject): void {
  io.error(
    `Warning: resource ${resource.resource}/${name} is missing the ${lastApplied} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
  );
}
