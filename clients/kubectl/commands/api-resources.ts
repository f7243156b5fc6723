import type { Command } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { alignTabs, tableLayout } from "../printers/tab-writer.ts";
import { type ApiResource, apiVersionOf, preferred, qualified } from "../requests/api-resource.ts";

export const apiResources: Command = {
  flags: [
    { name: "output", short: "o", takes: "text" },
    { name: "namespaced", takes: "nothing" },
    { name: "api-group", takes: "text" },
    { name: "verbs", takes: "texts" },
    { name: "categories", takes: "texts" },
    { name: "no-headers", takes: "nothing" },
    { name: "sort-by", takes: "text" },
    { name: "cached", takes: "nothing" },
  ],
  async run({ flags, io, connect }) {
    const output = flags.text("output") ?? "";
    if (!["", "wide", "name"].includes(output)) throw new CommandError(`--output ${output} is not available`);
    const { all } = await (await connect()).resources();
    const shown = preferred(all)
      .filter((each) => !flags.has("namespaced") || each.namespaced === flags.is("namespaced"))
      .filter((each) => !flags.has("api-group") || each.group === flags.text("api-group"))
      .filter((each) => each.verbs.length > 0 && flags.texts("verbs").every((verb) => each.verbs.includes(verb)))
      .filter((each) => flags.texts("categories").every((category) => each.categories.includes(category)))
      .toSorted(orderBy(flags.text("sort-by")));
    if (output === "name") return io.out(shown.map((each) => `${qualified(each.resource, each)}\n`).join(""));
    const rows = shown.map((each) => [
      each.resource,
      each.shortNames.join(","),
      apiVersionOf(each),
      String(each.namespaced),
      each.kind,
      ...(output === "wide" ? [[...each.verbs].sort().join(","), each.categories.join(",")] : []),
    ]);
    const headers = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND", ...(output === "wide" ? ["VERBS", "CATEGORIES"] : [])];
    const lines = flags.is("no-headers") ? rows : [headers, ...rows];
    io.out(alignTabs(lines.map((line) => `${line.join("\t")}\n`).join(""), tableLayout));
  },
};

function orderBy(field: string | undefined): (a: ApiResource, b: ApiResource) => number {
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  if (field === "name") return (a, b) => compare(a.resource, b.resource);
  if (field === "kind") return (a, b) => compare(a.kind, b.kind);
  return (a, b) => compare(a.group, b.group) || compare(a.resource, b.resource);
}
