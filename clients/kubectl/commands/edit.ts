import { formatGoJson, formatYaml, parseYaml, sameJson, StatusError } from "@kubets/machinery";
import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError, sayError } from "../errors.ts";
import { isJsonObject, type JsonObject, nameOf, textAt, withMetadata } from "../json-object.ts";
import { manifestFlags } from "../manifests/load.ts";
import { createObjectPatch } from "../patches/object-patch.ts";
import { objectPrinter, printerFlags } from "../printers/object-printer.ts";
import { objectName } from "../requests/api-resource.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { read, type Target, targetsOf } from "../requests/targets.ts";

/** Opens objects in an editor, one after the other, and patches what was changed in them. */
export const edit: Command = {
  flags: [
    ...printerFlags,
    ...manifestFlags,
    { name: "field-manager", takes: "text" },
    { name: "subresource", takes: "text" },
    { name: "output-patch", takes: "nothing" },
  ],
  async run(invocation) {
    const connection = await invocation.connect();
    for (const target of await targetsOf(invocation, connection, { args: invocation.args }))
      await editOne(invocation, connection, target, await read(connection, target));
  },
};

async function editOne(invocation: Invocation, connection: Connection, target: Target, current: JsonObject): Promise<void> {
  const { flags, io } = invocation;
  const isJson = flags.text("output") === "json";
  const original = flags.is("show-managed-fields") ? current : withMetadata(current, { managedFields: undefined });
  let text = isJson ? `${formatGoJson(original, "    ")}\n` : formatYaml(original);
  let refusal: string | undefined;
  for (;;) {
    await using kept = new AsyncDisposableStack();
    const saved = kept.use(await io.edit(isJson ? text : introduction(refusal) + text, isJson ? ".json" : ".yaml"));
    const edited = withoutIntroduction(saved.text);
    if (edited.trim() === "") return io.error("Edit cancelled, saved file was empty.\n");
    // The same again: whoever gives up leaves it as it is.
    if (refusal !== undefined && edited === text) {
      kept.move();
      io.error(`A copy of your changes has been stored to ${JSON.stringify(saved.file)}\n`);
      throw new CommandError("Edit cancelled, no valid changes were saved.");
    }
    text = edited;
    try {
      const object = objectOf(edited, original);
      if (sameJson(object, original)) return io.error("Edit cancelled, no changes made.\n");
      return await save(invocation, connection, target, { original, object });
    } catch (error) {
      if (!(error instanceof StatusError) && !(error instanceof CommandError)) throw error;
      refusal = sayError(error);
      io.error(`${refusal}\n`);
    }
  }
}

interface Change {
  readonly original: JsonObject;
  readonly object: JsonObject;
}

async function save(invocation: Invocation, { api }: Connection, { resource, namespace, name }: Target, change: Change): Promise<void> {
  const { flags, io } = invocation;
  const { original, object } = change;
  const patch = await createObjectPatch(resource, { original, modified: object, current: original });
  if (flags.is("output-patch")) io.out(`Patch: ${formatGoJson(patch.body)}\n`);
  const after = await api.request({
    method: "PATCH",
    path: pathOf(resource, namespace, name, flags.text("subresource")),
    query: { fieldManager: flags.text("field-manager") ?? "kubectl-edit" },
    ...patch,
  });
  const printer = await objectPrinter(flags, io);
  io.out(printer?.([after], { asList: false }) ?? `${objectName(resource, name)} edited\n`);
}

/** What was saved, which is still the same object. */
function objectOf(text: string, original: JsonObject): JsonObject {
  const { value } = parseYaml(text);
  if (!isJsonObject(value)) throw new CommandError("what was saved is no object");
  const identity = (object: JsonObject): readonly string[] => [textAt(object, "apiVersion"), textAt(object, "kind"), nameOf(object)];
  if (!sameJson(identity(value), identity(original))) throw new CommandError("At least one of apiVersion, kind and name was changed");
  return value;
}

function introduction(refusal: string | undefined): string {
  const lines = [
    "Please edit the object below. Lines beginning with a '#' will be ignored,",
    "and an empty file will abort the edit. If an error occurs while saving this file will be",
    "reopened with the relevant failures.",
    "",
    ...(refusal === undefined ? [] : [...refusal.split("\n"), ""]),
  ];
  return lines.map((line) => (line === "" ? "#\n" : `# ${line}\n`)).join("");
}

function withoutIntroduction(text: string): string {
  return text.replace(/^(?:#.*\n)+/, "");
}
