import type { Invocation } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { type JsonObject, nameOf } from "../json-object.ts";
import { itemsOf } from "../printers/object-printer.ts";
import type { ApiResource } from "./api-resource.ts";
import { type Connection, pathOf } from "./connection.ts";

export const nodeResource: ApiResource = {
  group: "",
  version: "v1",
  kind: "Node",
  resource: "nodes",
  singular: "node",
  namespaced: false,
  shortNames: ["no"],
  categories: [],
  verbs: [],
};

/** The nodes that are named (`a`, `node/a`), or that a selector finds. */
export async function nodesOf({ args, flags }: Invocation, { api }: Connection, command: string): Promise<readonly JsonObject[]> {
  const labelSelector = flags.text("selector");
  if (args.length > 0 && labelSelector !== undefined) throw new CommandError("cannot specify both a node name and a --selector option");
  if (args.length === 0 && labelSelector === undefined) throw new CommandError(`USAGE: ${command} NODE [flags]`);
  if (args.length === 0) return itemsOf(await api.request({ method: "GET", path: pathOf(nodeResource, ""), query: { labelSelector } }));
  const nodes: JsonObject[] = [];
  for (const arg of args)
    nodes.push(await api.request({ method: "GET", path: pathOf(nodeResource, "", arg.replace(/^(nodes?|no)\//, "")) }));
  return nodes;
}

/** Changes a node by a merge patch. */
export function patchNode(
  { api }: Connection,
  node: JsonObject,
  body: JsonObject,
  query: Readonly<Record<string, string>> = {},
): Promise<JsonObject> {
  const contentType = "application/merge-patch+json";
  return api.request({ method: "PATCH", path: pathOf(nodeResource, "", nameOf(node)), query, contentType, body });
}
