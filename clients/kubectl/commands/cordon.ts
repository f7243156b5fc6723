import type { Command, Invocation } from "../command-line/command.ts";
import { SaidError } from "../errors.ts";
import { type JsonObject, nameOf, valueAt } from "../json-object.ts";
import type { Connection } from "../requests/connection.ts";
import { nodesOf, patchNode } from "../requests/nodes.ts";
import { dryRunFlag, dryRunOf, dryRunQuery, dryRunSuffix } from "./dry-run.ts";
import { eachOf } from "./make-object.ts";

function schedulingCommand(verb: "cordon" | "uncordon"): Command {
  return {
    flags: [dryRunFlag, { name: "selector", short: "l", takes: "text" }],
    async run(invocation) {
      const connection = await invocation.connect();
      const nodes = await nodesOf(invocation, connection, verb);
      if (!(await eachOf(nodes, invocation, (node) => setUnschedulable(invocation, connection, node, verb === "cordon"))))
        throw new SaidError();
    },
  };
}

export const cordon: Command = schedulingCommand("cordon");
export const uncordon: Command = schedulingCommand("uncordon");

/** Keeps new Pods away from a node, or lets them come again, and says so. */
export async function setUnschedulable(
  { flags, io }: Invocation,
  connection: Connection,
  node: JsonObject,
  unschedulable: boolean,
): Promise<void> {
  const dryRun = dryRunOf(flags);
  const done = unschedulable ? "cordoned" : "uncordoned";
  if ((valueAt(node, "spec", "unschedulable") === true) === unschedulable)
    return io.out(`node/${nameOf(node)} already ${done}${dryRunSuffix(dryRun)}\n`);
  if (dryRun !== "client")
    await patchNode(
      connection,
      node,
      { spec: { unschedulable: unschedulable ? true : null } },
      dryRunQuery(dryRun) as Record<string, string>,
    );
  io.out(`node/${nameOf(node)} ${done}${dryRunSuffix(dryRun)}\n`);
}
