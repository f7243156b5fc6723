import { type Instant, parseTime } from "@kubets/machinery";
import type { Command } from "../command-line/command.ts";
import { since } from "../describe/text.ts";
import { type JsonObject, namespaceOf, numberAt, textAt } from "../json-object.ts";
import { itemsOf, objectPrinter, printerFlags } from "../printers/object-printer.ts";
import { alignTabs, tableLayout } from "../printers/tab-writer.ts";
import { selectResources } from "../requests/resource-arguments.ts";

/** What happened, the oldest first: `events`, `events --for pod/web`, `events --types=Warning`. */
export const events: Command = {
  flags: [
    ...printerFlags,
    { name: "all-namespaces", short: "A", takes: "nothing" },
    { name: "for", takes: "text" },
    { name: "types", takes: "texts" },
    { name: "no-headers", takes: "nothing" },
  ],
  async run({ flags, io, clock, connect }) {
    const connection = await connect();
    const isEverywhere = flags.is("all-namespaces");
    const path = isEverywhere ? "/api/v1/events" : `/api/v1/namespaces/${connection.namespace}/events`;
    const about = flags.text("for");
    const [selected] = about === undefined ? [] : selectResources([about], await connection.resources());
    const fieldSelector =
      selected === undefined ? undefined : `involvedObject.kind=${selected.resource.kind},involvedObject.name=${selected.name ?? ""}`;
    const types = flags.texts("types").map((type) => type.toLowerCase());
    const found = itemsOf(await connection.api.request({ method: "GET", path, query: { fieldSelector } }))
      .filter((event) => types.length === 0 || types.includes(textAt(event, "type").toLowerCase()))
      .toSorted((a, b) => lastOf(a) - lastOf(b));
    const printer = await objectPrinter(flags, io);
    if (printer !== undefined) return io.out(printer(found, { asList: true }));
    if (found.length === 0)
      return io.error(isEverywhere ? "No events found.\n" : `No events found in ${connection.namespace} namespace.\n`);
    const headers = [...(isEverywhere ? ["NAMESPACE"] : []), "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];
    const rows = found.map((event) => rowOf(event, clock.now(), isEverywhere));
    const lines = [...(flags.is("no-headers") ? [] : [headers]), ...rows].map((cells) => `${cells.join("\t")}\n`);
    io.out(alignTabs(lines.join(""), tableLayout));
  },
};

function rowOf(event: JsonObject, now: Instant, withNamespace: boolean): readonly string[] {
  const first = textAt(event, "firstTimestamp") || textAt(event, "eventTime");
  const seriesCount = numberAt(event, "series", "count");
  const count = seriesCount || numberAt(event, "count");
  const last = textAt(event, "series", "lastObservedTime") || textAt(event, "lastTimestamp") || first;
  const seen = count > 1 ? `${since(last, now)} (x${count} over ${since(first, now)})` : since(first, now);
  const object = `${textAt(event, "involvedObject", "kind")}/${textAt(event, "involvedObject", "name")}`;
  const cells = [seen, textAt(event, "type"), textAt(event, "reason"), object, textAt(event, "message").trim()];
  return withNamespace ? [namespaceOf(event), ...cells] : cells;
}

function lastOf(event: JsonObject): number {
  const text = textAt(event, "series", "lastObservedTime") || textAt(event, "lastTimestamp") || textAt(event, "eventTime");
  return parseTime(text) ?? 0;
}
