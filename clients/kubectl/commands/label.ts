import { sameJson } from "@kubets/machinery";
import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError, sayError, SaidError } from "../errors.ts";
import { textsAt } from "../json-object.ts";
import { manifestFlags } from "../manifests/load.ts";
import { objectPrinter, printerFlags } from "../printers/object-printer.ts";
import { objectName } from "../requests/api-resource.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { read, type Target, targetFlags, targetsOf } from "../requests/targets.ts";
import { dryRunFlag, dryRunOf, dryRunQuery, dryRunSuffix } from "./dry-run.ts";

type Texts = Readonly<Record<string, string>>;

/** Labels and annotations are set alike; they differ in their place and their words. */
function metadataCommand(member: "labels" | "annotations"): Command {
  return {
    flags: [
      ...printerFlags,
      ...manifestFlags,
      ...targetFlags,
      dryRunFlag,
      { name: "overwrite", takes: "nothing" },
      { name: "list", takes: "nothing" },
      { name: "resource-version", takes: "text" },
    ],
    async run(invocation) {
      const { flags, args, io } = invocation;
      const from = args.findIndex((arg) => /^[^=]+(=|-$)/s.test(arg));
      const change = readChange(from < 0 ? [] : args.slice(from), member);
      if (from < 0 && !flags.is("list"))
        throw new CommandError(`at least one ${member === "labels" ? "label" : "annotation"} update is required`);
      const connection = await invocation.connect();
      const printer = await objectPrinter(flags, io);
      let failed = false;
      for (const target of await targetsOf(invocation, connection, { args: from < 0 ? args : args.slice(0, from) })) {
        try {
          const { said, object } = await changeOne(invocation, connection, target, member, change);
          io.out(printer === undefined ? said : printer([object], { asList: false }));
        } catch (error) {
          failed = true;
          io.error(`${sayError(error)}\n`);
        }
      }
      if (failed) throw new SaidError();
    },
  };
}

export const label: Command = metadataCommand("labels");
export const annotate: Command = metadataCommand("annotations");

interface Change {
  readonly set: Texts;
  readonly remove: readonly string[];
}

function readChange(words: readonly string[], member: string): Change {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals > 0) set[word.slice(0, equals)] = word.slice(equals + 1);
    else if (word.endsWith("-")) remove.push(word.slice(0, -1));
    else throw new CommandError(`unknown ${member === "labels" ? "label" : "annotation"} spec: ${word}`);
  }
  const both = remove.find((key) => key in set);
  if (both !== undefined)
    throw new CommandError(`can not both modify and remove a ${member === "labels" ? "label" : "annotation"} in the same command`);
  return { set, remove };
}

async function changeOne(
  { flags, io }: Invocation,
  connection: Connection,
  target: Target,
  member: "labels" | "annotations",
  { set, remove }: Change,
): Promise<{ readonly said: string; readonly object: Awaited<ReturnType<typeof read>> }> {
  const { resource, namespace, name } = target;
  const dryRun = dryRunOf(flags);
  const object = await read(connection, target);
  const before = textsAt(object, "metadata", member);
  if (flags.is("list") && Object.keys(set).length + remove.length === 0) {
    const keys = Object.keys(before).sort();
    return { said: keys.map((key) => `${key}=${before[key]}\n`).join(""), object };
  }
  if (!flags.is("overwrite")) {
    const taken = Object.keys(set).filter((key) => before[key] !== undefined && before[key] !== set[key]);
    if (taken.length > 0) throw new CommandError(taken.map((key) => overwriteProblem(member, key, before[key]!)).join("; "));
  }
  if (member === "labels") for (const key of remove) if (before[key] === undefined) io.out(`label "${key}" not found.\n`);
  const after = { ...Object.fromEntries(Object.entries(before).filter(([key]) => !remove.includes(key))), ...set };
  const isSame = sameJson(before, after);
  const changed =
    isSame || dryRun === "client"
      ? object
      : await connection.api.request({
          method: "PATCH",
          path: pathOf(resource, namespace, name),
          query: { fieldManager: member === "labels" ? "kubectl-label" : "kubectl-annotate", ...dryRunQuery(dryRun) },
          contentType: "application/merge-patch+json",
          body: { metadata: { [member]: { ...Object.fromEntries(remove.map((key) => [key, null])), ...set } } },
        });
  const suffix = dryRunSuffix(dryRun);
  if (member === "annotations") return { said: `${objectName(resource, name)} annotated${suffix}\n`, object: changed };
  const outcome = isSame ? "not labeled" : Object.keys(after).length < Object.keys(before).length ? "unlabeled" : "labeled";
  return { said: `${objectName(resource, name)} ${outcome}${suffix}\n`, object: changed };
}

function overwriteProblem(member: "labels" | "annotations", key: string, value: string): string {
  return member === "labels"
    ? `'${key}' already has a value (${value}), and --overwrite is false`
    : `--overwrite is false but found the following declared annotation(s): '${key}' already has a value (${value})`;
}
