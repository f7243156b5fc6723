import type { Command } from "../command-line/command.ts";
import { CommandError, sayError, SaidError, whileDoing } from "../errors.ts";
import { type JsonObject, nameOf } from "../json-object.ts";
import { loadManifests, type ManifestObject, manifestFlags } from "../manifests/load.ts";
import { objectPrinter, printerFlags } from "../printers/object-printer.ts";
import { objectName } from "../requests/api-resource.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { dryRunFlag, dryRunOf, dryRunQuery, dryRunSuffix, fieldValidationOf, validateFlag } from "./dry-run.ts";
import { withLastApplied } from "./last-applied.ts";

/** `create -f`, and the objects that are made from flags alone. */
export const create: Command = {
  flags: [
    ...printerFlags,
    ...manifestFlags,
    dryRunFlag,
    validateFlag,
    { name: "save-config", takes: "nothing" },
    { name: "field-manager", takes: "text" },
    { name: "from-literal", takes: "texts" },
    { name: "from-file", takes: "texts" },
    { name: "image", takes: "texts" },
    { name: "replicas", takes: "number" },
  ],
  async run(invocation) {
    const { flags, io, args } = invocation;
    const printer = await objectPrinter(flags, io);
    const dryRun = dryRunOf(flags);
    const connection = await invocation.connect();
    let objects: readonly ManifestObject[];
    if (args.length === 0) objects = await loadManifests(invocation, connection);
    else {
      const { generate } = await import("./create-from-flags.ts");
      objects = [await placeOf(await generate(invocation), connection)];
    }
    const created: JsonObject[] = [];
    let failed = false;
    for (const { resource, namespace, object: given, source } of objects) {
      const object = flags.is("save-config") ? withLastApplied(given) : given;
      const query = {
        fieldManager: flags.text("field-manager") ?? "kubectl-create",
        fieldValidation: fieldValidationOf(flags),
        ...dryRunQuery(dryRun),
      };
      try {
        const answer =
          dryRun === "client"
            ? object
            : await connection.api.request({ method: "POST", path: pathOf(resource, namespace), query, body: object });
        created.push(answer);
        if (printer === undefined) io.out(`${objectName(resource, nameOf(answer))} created${dryRunSuffix(dryRun)}\n`);
      } catch (error) {
        failed = true;
        const attempt = source === "" ? `failed to create ${resource.kind.toLowerCase()}` : `error when creating "${source}"`;
        io.error(`${source === "" ? failedTo(error, attempt) : sayError(whileDoing(error, `creating "${source}"`))}\n`);
      }
    }
    if (printer !== undefined && created.length > 0) io.out(printer(created, { asList: objects.length !== 1 }));
    if (failed) throw new SaidError();
  },
};

/** An object made from flags fails in words without the server's reason. */
function failedTo(error: unknown, attempt: string): string {
  return `error: ${attempt}: ${error instanceof Error ? error.message : String(error)}`;
}

async function placeOf(object: JsonObject, connection: Connection): Promise<ManifestObject> {
  const resources = await connection.resources();
  const resource = resources.ofKind(String(object["apiVersion"]), String(object["kind"]));
  if (resource === undefined) throw new CommandError(`the server serves no ${String(object["kind"])}`);
  return { resource, name: nameOf(object), namespace: resource.namespaced ? connection.namespace : "", object, source: "" };
}
