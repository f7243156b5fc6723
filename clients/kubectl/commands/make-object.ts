import type { Invocation } from "../command-line/command.ts";
import { CommandError, sayError } from "../errors.ts";
import { type JsonObject, nameOf } from "../json-object.ts";
import { objectPrinter } from "../printers/object-printer.ts";
import { objectName } from "../requests/api-resource.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { dryRunOf, dryRunQuery, dryRunSuffix } from "./dry-run.ts";

/** Creates an object that flags describe, in the namespace of the connection, and says so: `pod/web created`. Answers it as it is then. */
export async function makeObject(
  { flags, io }: Invocation,
  connection: Connection,
  object: JsonObject,
  { said, manager, isQuiet = false }: { readonly said: string; readonly manager: string; readonly isQuiet?: boolean },
): Promise<JsonObject> {
  const dryRun = dryRunOf(flags);
  const printer = await objectPrinter(flags, io);
  const resource = (await connection.resources()).ofKind(String(object["apiVersion"]), String(object["kind"]));
  if (resource === undefined) throw new CommandError(`the server serves no ${String(object["kind"])}`);
  const path = pathOf(resource, connection.namespace);
  const query = { fieldManager: flags.text("field-manager") ?? manager, ...dryRunQuery(dryRun) };
  const made = dryRun === "client" ? object : await connection.api.request({ method: "POST", path, query, body: object });
  if (printer !== undefined) io.out(printer([made], { asList: false }));
  else if (!isQuiet) io.out(`${objectName(resource, nameOf(made))} ${said}${dryRunSuffix(dryRun)}\n`);
  return made;
}

/** Does the same to each of several, and goes on where one fails. Answers whether all went well. */
export async function eachOf<Item>(items: readonly Item[], { io }: Invocation, work: (item: Item) => Promise<void>): Promise<boolean> {
  let failed = false;
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      failed = true;
      io.error(`${sayError(error)}\n`);
    }
  }
  return !failed;
}
