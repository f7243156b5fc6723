import type { Invocation } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { type JsonObject, nameOf, namespaceOf } from "../json-object.ts";
import { loadManifests, namesManifests } from "../manifests/load.ts";
import { itemsOf } from "../printers/object-printer.ts";
import type { ApiResource } from "./api-resource.ts";
import { type Connection, pathOf } from "./connection.ts";
import { selectResources } from "./resource-arguments.ts";

/** An object that a command is to act on. */
export interface Target {
  readonly resource: ApiResource;
  readonly name: string;
  readonly namespace: string;
  /** As the server has it; absent when it was only named. */
  readonly object?: JsonObject;
}

/** The flags that {@link targetsOf} reads, apart from those of manifests. */
export const targetFlags = [
  { name: "selector", short: "l", takes: "text" },
  { name: "field-selector", takes: "text" },
  { name: "all", takes: "nothing" },
  { name: "all-namespaces", short: "A", takes: "nothing" },
] as const;

/**
 * The objects that `-f`, or types with names, a selector or `--all` stand for. Those that are named are not asked for;
 * `everythingByDefault` takes all objects of a type where neither names nor selector nor `--all` is given.
 */
export async function targetsOf(
  invocation: Invocation,
  connection: Connection,
  { args, everythingByDefault = false }: { readonly args: readonly string[]; readonly everythingByDefault?: boolean },
): Promise<readonly Target[]> {
  const { flags } = invocation;
  if (namesManifests(flags)) {
    return (await loadManifests(invocation, connection)).map(({ resource, name, namespace }) => ({ resource, name, namespace }));
  }
  if (args.length === 0) throw new CommandError("You must provide one or more resources by argument or filename.");
  const selected = selectResources(args, await connection.resources());
  const named = selected.flatMap(({ resource, name }) =>
    name === undefined ? [] : [{ resource, name, namespace: resource.namespaced ? connection.namespace : "" }],
  );
  if (named.length > 0) {
    if (flags.has("selector")) throw new CommandError("name cannot be provided when a selector is specified");
    if (flags.is("all")) throw new CommandError("name cannot be provided when a selector is specified");
    return named;
  }
  if (!everythingByDefault && !flags.has("selector") && !flags.has("field-selector") && !flags.is("all"))
    throw new CommandError("resource(s) were provided, but no name was specified");
  const namespace = flags.is("all-namespaces") ? "" : connection.namespace;
  const query = { labelSelector: flags.text("selector"), fieldSelector: flags.text("field-selector") };
  const lists = await Promise.all(
    selected.map(async ({ resource }) => {
      const list = await connection.api.request({ method: "GET", path: pathOf(resource, namespace), query });
      return itemsOf(list).map((object) => ({ resource, name: nameOf(object), namespace: namespaceOf(object), object }));
    }),
  );
  return lists.flat();
}

/** The object as the server has it now. */
export function read({ api }: Connection, { resource, namespace, name }: Target): Promise<JsonObject> {
  return api.request({ method: "GET", path: pathOf(resource, namespace, name) });
}
