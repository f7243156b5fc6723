import type { Command } from "../command-line/command.ts";
import { CommandError, SaidError } from "../errors.ts";
import { type JsonObject, listAt, nameOf, textAt } from "../json-object.ts";
import { itemsOf, objectPrinter, printerFlags } from "../printers/object-printer.ts";
import { pathOf } from "../requests/connection.ts";
import { nodeResource, nodesOf, patchNode } from "../requests/nodes.ts";
import { dryRunFlag, dryRunOf, dryRunQuery } from "./dry-run.ts";
import { eachOf } from "./make-object.ts";

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

const effects: readonly string[] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** `taint nodes NAME… KEY=VALUE:EFFECT… KEY[:EFFECT]-…` */
export const taint: Command = {
  flags: [
    ...printerFlags,
    dryRunFlag,
    { name: "selector", short: "l", takes: "text" },
    { name: "overwrite", takes: "nothing" },
    { name: "all", takes: "nothing" },
    { name: "field-manager", takes: "text" },
  ],
  async run(invocation) {
    const { args, flags, io } = invocation;
    const [type = "", ...words] = args;
    const from = words.findIndex((word) => /=|:|-$/.test(word) && !(words.length === 1 && !/[=:]/.test(word) && !word.endsWith("-")));
    if (!/^(nodes?|no)$/.test(type.split("/")[0]!)) throw new CommandError(`invalid resource type ${type}, only node types are supported`);
    if (from < 0) throw new CommandError("at least one taint update is required");
    const { added, removed } = readTaints(words.slice(from));
    const connection = await invocation.connect();
    const names = [...(type.includes("/") ? [type] : []), ...words.slice(0, from)];
    const nodes = flags.is("all")
      ? itemsOf(await connection.api.request({ method: "GET", path: pathOf(nodeResource, "") }))
      : await nodesOf({ ...invocation, args: names }, connection, "taint");
    const printer = await objectPrinter(flags, io);
    const dryRun = dryRunOf(flags);
    const wentWell = await eachOf(nodes, invocation, async (node) => {
      const taints = changed(node, { added, removed, overwrite: flags.is("overwrite") });
      const query = { fieldManager: flags.text("field-manager") ?? "kubectl-taint", ...(dryRunQuery(dryRun) as Record<string, string>) };
      const body = { spec: { taints: taints.length === 0 ? null : taints } };
      const after = dryRun === "client" ? node : await patchNode(connection, node, body, query);
      const done = added.length === 0 ? "untainted" : removed.length === 0 ? "tainted" : "modified";
      io.out(printer?.([after], { asList: false }) ?? `node/${nameOf(node)} ${done}\n`);
    });
    if (!wentWell) throw new SaidError();
  },
};

interface Removal {
  readonly key: string;
  /** Any when absent. */
  readonly effect?: string;
}

function readTaints(words: readonly string[]): { readonly added: readonly Taint[]; readonly removed: readonly Removal[] } {
  const added: Taint[] = [];
  const removed: Removal[] = [];
  for (const word of words) {
    const isRemoval = word.endsWith("-");
    const [pair = "", effect, ...more] = (isRemoval ? word.slice(0, -1) : word).split(":");
    const [key = "", value, ...rest] = pair.split("=");
    if (more.length > 0 || rest.length > 0 || key === "") throw new CommandError(`invalid taint spec: ${word}`);
    if (effect !== undefined && !effects.includes(effect))
      throw new CommandError(`invalid taint effect: ${effect}, unsupported taint effect`);
    if (isRemoval) removed.push({ key, ...(effect === undefined ? {} : { effect }) });
    else if (effect === undefined) throw new CommandError(`invalid taint spec: ${word}`);
    else added.push({ key, ...(value === undefined || value === "" ? {} : { value }), effect });
  }
  return { added, removed };
}

function changed(
  node: JsonObject,
  { added, removed, overwrite }: { readonly added: readonly Taint[]; readonly removed: readonly Removal[]; readonly overwrite: boolean },
): readonly JsonObject[] {
  const before = listAt(node, "spec", "taints");
  const is = (taint: JsonObject, { key, effect }: Removal): boolean =>
    textAt(taint, "key") === key && (effect === undefined || textAt(taint, "effect") === effect);
  const twice = added.filter((each) => before.some((taint) => is(taint, each)));
  if (twice.length > 0 && !overwrite) {
    const keys = twice.map(({ key }) => key).join(",");
    throw new CommandError(`node ${nameOf(node)} already has ${keys} taint(s) with same effect(s) and --overwrite is false`);
  }
  const missing = removed.find((each) => !before.some((taint) => is(taint, each)));
  if (missing !== undefined)
    throw new CommandError(`taint "${missing.key}${missing.effect === undefined ? "" : `:${missing.effect}`}" not found`);
  return [...added.map((each) => ({ ...each })), ...before.filter((taint) => ![...added, ...removed].some((each) => is(taint, each)))];
}
