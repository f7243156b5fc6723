import { isStatus } from "@kubets/machinery";
import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError, sayError, SaidError } from "../errors.ts";
import { textAt } from "../json-object.ts";
import { manifestFlags } from "../manifests/load.ts";
import { objectName, qualified } from "../requests/api-resource.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { read, type Target, targetFlags, targetsOf } from "../requests/targets.ts";
import { deadlineOf, untilDeleted } from "../requests/until.ts";
import { dryRunFlag, dryRunOf, dryRunSuffix } from "./dry-run.ts";

export const deleteObjects: Command = {
  flags: [
    ...manifestFlags,
    ...targetFlags,
    dryRunFlag,
    { name: "cascade", takes: "text", bare: "background" },
    { name: "force", takes: "nothing" },
    { name: "grace-period", takes: "number" },
    { name: "now", takes: "nothing" },
    { name: "ignore-not-found", takes: "nothing" },
    { name: "wait", takes: "nothing" },
    { name: "timeout", takes: "text" },
    { name: "output", short: "o", takes: "text" },
  ],
  async run(invocation) {
    const { flags, io, args } = invocation;
    const dryRun = dryRunOf(flags);
    const options = deleteOptions(invocation);
    const connection = await invocation.connect();
    const targets = await targetsOf(invocation, connection, { args });
    if (options.gracePeriodSeconds === 0 && flags.is("force"))
      io.error(
        "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n",
      );
    const ignoresMissing = flags.is("ignore-not-found", flags.is("all") || flags.has("selector"));
    const deleted: { readonly target: Target; readonly uid: string }[] = [];
    let failed = false;
    for (const target of targets) {
      try {
        const uid =
          dryRun === "client"
            ? textAt(await read(connection, target), "metadata", "uid")
            : await deleteOne(connection, target, { ...options, ...(dryRun === "server" ? { dryRun: ["All"] } : {}) });
        deleted.push({ target, uid });
        io.out(said(invocation, target, dryRunSuffix(dryRun)));
      } catch (error) {
        if (ignoresMissing && isStatus(error, "NotFound")) continue;
        failed = true;
        io.error(`${sayError(error)}\n`);
      }
    }
    if (targets.length === 0) io.out("No resources found\n");
    if (flags.is("wait", !flags.is("force")) && dryRun === "none") {
      const deadline = deadlineOf(invocation, flags.text("timeout") ?? "0");
      for (const { target, uid } of deleted) await untilDeleted(connection, target, uid, deadline);
    }
    if (failed) throw new SaidError();
  },
};

interface DeleteOptions {
  readonly propagationPolicy: string;
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: readonly string[];
}

function deleteOptions({ flags }: Invocation): DeleteOptions {
  const cascade = flags.text("cascade") ?? "background";
  const policies: Readonly<Record<string, string>> = {
    background: "Background",
    foreground: "Foreground",
    orphan: "Orphan",
    true: "Background",
    false: "Orphan",
  };
  const propagationPolicy = policies[cascade];
  if (propagationPolicy === undefined)
    throw new CommandError(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
  let grace = flags.number("grace-period") ?? -1;
  if (flags.is("now")) grace = 1;
  if (grace === 0 && !flags.is("force")) grace = 1;
  else if (flags.is("force") && grace < 0) grace = 0;
  return { propagationPolicy, ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}) };
}

/** Deletes an object; answers its uid, by which it is told from one of the same name that follows it. */
async function deleteOne({ api }: Connection, { resource, namespace, name }: Target, options: DeleteOptions): Promise<string> {
  const answer = await api.request({
    method: "DELETE",
    path: pathOf(resource, namespace, name),
    // A server that is sent options reads none from the query.
    body: { kind: "DeleteOptions", apiVersion: "v1", ...options },
  });
  return textAt(answer, "kind") === "Status" ? textAt(answer, "details", "uid") : textAt(answer, "metadata", "uid");
}

function said({ flags }: Invocation, { resource, name }: Target, suffix: string): string {
  if (flags.text("output") === "name") return `${objectName(resource, name)}\n`;
  const verb = flags.is("force") ? "force deleted" : "deleted";
  return `${qualified(resource.kind.toLowerCase(), resource)} "${name}" ${verb}${suffix}\n`;
}
