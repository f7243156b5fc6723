import { isStatus } from "@kubets/machinery";
import type { Command, Invocation } from "../command-line/command.ts";
import { CommandError, sayError, SaidError } from "../errors.ts";
import { type JsonObject, listAt, objectAt, textAt, valueAt } from "../json-object.ts";
import { loadManifests, manifestFlags, namesManifests } from "../manifests/load.ts";
import { itemsOf, type ObjectPrinter, objectPrinter, printerFlags } from "../printers/object-printer.ts";
import { TablePrinter, tableMediaTypes, type TableOptions } from "../printers/table.ts";
import type { Api, Query } from "../requests/api.ts";
import { type ApiResource, qualified } from "../requests/api-resource.ts";
import { type Connection, pathOf } from "../requests/connection.ts";
import { selectResources, type Selected } from "../requests/resource-arguments.ts";

export const get: Command = {
  flags: [
    ...printerFlags,
    ...manifestFlags,
    { name: "all-namespaces", short: "A", takes: "nothing" },
    { name: "selector", short: "l", takes: "text" },
    { name: "field-selector", takes: "text" },
    { name: "watch", short: "w", takes: "nothing" },
    { name: "watch-only", takes: "nothing" },
    { name: "output-watch-events", takes: "nothing" },
    { name: "ignore-not-found", takes: "nothing" },
    { name: "no-headers", takes: "nothing" },
    { name: "show-kind", takes: "nothing" },
    { name: "show-labels", takes: "nothing" },
    { name: "label-columns", short: "L", takes: "texts" },
    { name: "sort-by", takes: "text" },
    { name: "chunk-size", takes: "number" },
    { name: "subresource", takes: "text" },
    { name: "raw", takes: "text" },
    { name: "server-print", takes: "nothing" },
  ],
  async run(invocation) {
    const { flags, io } = invocation;
    const printer = await objectPrinter(flags, io);
    const connection = await invocation.connect();
    if (flags.has("raw")) return printRaw(invocation, connection.api, flags.text("raw")!);
    const selected = await selectedObjects(invocation, connection);
    if (flags.is("watch") || flags.is("watch-only")) return watch(invocation, connection, selected, printer);
    const answers = await fetchAll(invocation, connection, selected, printer === undefined ? tableMediaTypes : undefined);
    const errors = answers
      .flatMap(({ error }) => error ?? [])
      .filter((error) => !(flags.is("ignore-not-found") && isStatus(error, "NotFound")));
    const found = answers.filter(({ error }) => error === undefined);
    if (printer !== undefined) await printObjects(invocation, found, printer, errors.length);
    else await printTables(invocation, connection, found, errors.length);
    for (const error of errors) io.error(`${sayError(error)}\n`);
    if (errors.length > 0) throw new SaidError();
  },
};

/** What one request answered. */
interface Answer extends Selected {
  readonly object: JsonObject;
  readonly error?: unknown;
}

async function selectedObjects(
  invocation: Invocation,
  connection: Connection,
): Promise<readonly (Selected & { readonly namespace?: string })[]> {
  const { args, flags } = invocation;
  const resources = await connection.resources();
  if (namesManifests(flags)) {
    return (await loadManifests(invocation, connection)).map(({ resource, name, namespace }) => ({ resource, name, namespace }));
  }
  if (args.length === 0)
    throw new CommandError(
      'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.',
    );
  const selected = selectResources(args, resources);
  const named = selected.some(({ name }) => name !== undefined);
  if (named && flags.is("all-namespaces")) throw new CommandError("a resource cannot be retrieved by name across all namespaces");
  if (named && flags.has("selector")) throw new CommandError("name cannot be provided when a selector is specified");
  return selected;
}

function queryOf({ flags }: Invocation): Query {
  return { labelSelector: flags.text("selector"), fieldSelector: flags.text("field-selector") };
}

const namespaceFor = ({ flags }: Invocation, { namespace }: Connection): string => (flags.is("all-namespaces") ? "" : namespace);

async function fetchAll(
  invocation: Invocation,
  connection: Connection,
  selected: readonly (Selected & { readonly namespace?: string })[],
  accept: string | undefined,
): Promise<readonly Answer[]> {
  const { flags } = invocation;
  const needsObjects = flags.has("sort-by") && accept !== undefined;
  return Promise.all(
    selected.map(async ({ resource, name, namespace }) => {
      const path = pathOf(resource, namespace ?? namespaceFor(invocation, connection), name, flags.text("subresource"));
      const query: Query = { ...(name === undefined ? queryOf(invocation) : {}), ...(needsObjects ? { includeObject: "Object" } : {}) };
      const request = { method: "GET", path, ...(accept === undefined ? {} : { accept }) } as const;
      const answered = { resource, ...(name === undefined ? {} : { name }) };
      try {
        const object =
          name === undefined
            ? await listInChunks(connection.api, request, query, flags.number("chunk-size") ?? 500)
            : await connection.api.request({ ...request, query });
        return { ...answered, object };
      } catch (error) {
        return { ...answered, object: {}, error };
      }
    }),
  );
}

/** A list may come in chunks; its rows or items are joined. */
async function listInChunks(
  api: Api,
  request: { readonly method: "GET"; readonly path: string },
  query: Query,
  size: number,
): Promise<JsonObject> {
  let whole: JsonObject | undefined;
  for (let next: string | undefined = ""; next !== undefined;) {
    const limit = size === 0 ? undefined : String(size);
    const part: JsonObject = await api.request({ ...request, query: { ...query, limit, continue: next === "" ? undefined : next } });
    const member = valueAt(part, "rows") === undefined ? "items" : "rows";
    whole = whole === undefined ? part : { ...whole, [member]: [...listAt(whole, member), ...listAt(part, member)] };
    next = textAt(part, "metadata", "continue") || undefined;
  }
  return whole ?? {};
}

async function printObjects(invocation: Invocation, answers: readonly Answer[], printer: ObjectPrinter, errorCount: number): Promise<void> {
  const { flags, io } = invocation;
  const asList = answers.length + errorCount !== 1 || answers.some(({ name }) => name === undefined);
  const objects = answers.flatMap(({ name, object }) => (name === undefined ? itemsOf(object) : [object]));
  if (objects.length === 0 && (errorCount > 0 || !asList)) return;
  io.out(printer(await sorted(objects, flags.text("sort-by"), (object) => object), { asList }));
}

async function printTables(invocation: Invocation, connection: Connection, answers: readonly Answer[], errorCount: number): Promise<void> {
  const { flags, io } = invocation;
  const tables = Map.groupBy(answers, ({ resource }) => resource);
  let printed = 0;
  for (const [resource, ofResource] of tables) {
    const rows = ofResource.flatMap(({ object }) => listAt(object, "rows"));
    if (rows.length === 0) continue;
    if (printed > 0) io.out("\n");
    printed += rows.length;
    const table = { ...ofResource[0]!.object, rows: await sorted(rows, flags.text("sort-by"), (row) => objectAt(row, "object")) };
    io.out(new TablePrinter(tableOptions(invocation, resource, tables.size > 1)).print(table));
  }
  if (printed > 0 || errorCount > 0 || flags.is("ignore-not-found")) return;
  const everywhere = flags.is("all-namespaces") || !answers.some(({ resource }) => resource.namespaced);
  io.error(everywhere ? "No resources found\n" : `No resources found in ${connection.namespace} namespace.\n`);
}

function tableOptions({ flags }: Invocation, resource: ApiResource, severalTypes: boolean): TableOptions {
  const withKind = severalTypes || flags.is("show-kind");
  return {
    wide: flags.text("output") === "wide",
    withNamespace: flags.is("all-namespaces") && resource.namespaced,
    withHeaders: !flags.is("no-headers"),
    labelColumns: flags.texts("label-columns"),
    withLabels: flags.is("show-labels"),
    namePrefix: withKind ? `${qualified(resource.kind.toLowerCase(), resource)}/` : "",
  };
}

async function sorted<T>(items: readonly T[], path: string | undefined, objectOf: (item: T) => JsonObject): Promise<readonly T[]> {
  if (path === undefined) return items;
  const { compareByPath } = await import("../printers/sort-by.ts");
  const compare = compareByPath(path, items.map(objectOf));
  return items.toSorted((a, b) => compare(objectOf(a), objectOf(b)));
}

/** Prints what is there, then every change, until the server or Ctrl-C ends it. */
async function watch(
  invocation: Invocation,
  connection: Connection,
  selected: readonly Selected[],
  printer: ObjectPrinter | undefined,
): Promise<void> {
  const { flags, io } = invocation;
  const [only] = selected;
  if (only === undefined || selected.length > 1) throw new CommandError("you may only specify a single resource type");
  const { resource, name } = only;
  const namespace = namespaceFor(invocation, connection);
  const accept = printer === undefined ? tableMediaTypes : undefined;
  const [answer] = await fetchAll(invocation, connection, [only], accept);
  if (answer === undefined || answer.error !== undefined) throw answer?.error;
  const withEvents = flags.is("output-watch-events");
  const rows = new TablePrinter(tableOptions(invocation, resource, false));
  const show = (object: JsonObject, type: string): void => {
    if (printer === undefined) io.out(rows.print(object, withEvents ? type : undefined));
    else io.out(printer([withEvents ? { object, type } : object], { asList: false }));
  };
  if (!flags.is("watch-only")) {
    if (printer === undefined) show(answer.object, "ADDED");
    else for (const object of name === undefined ? itemsOf(answer.object) : [answer.object]) show(object, "ADDED");
  }
  const query = {
    ...queryOf(invocation),
    ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
    resourceVersion: textAt(answer.object, "metadata", "resourceVersion"),
  };
  const events = connection.api.watch({ path: pathOf(resource, namespace), query, ...(accept === undefined ? {} : { accept }) });
  for await (const { type, object } of events) if (type !== "BOOKMARK") show(object, type);
}

async function printRaw({ io }: Invocation, api: Api, path: string): Promise<void> {
  for await (const chunk of api.chunks({ path })) await io.outBytes(chunk);
}
