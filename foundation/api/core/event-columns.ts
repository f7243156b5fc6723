import type { Column, Instant } from "@kubets/machinery";
import { nameColumn, timeSince } from "../columns.ts";
import type { Event } from "./event.ts";

/** What a table shows of an event; the same in both groups. */
export const eventColumns: readonly Column<Event>[] = [
  { name: "Last Seen", type: "string", doc: "How long ago it was last seen.", cell: lastSeen },
  { name: "Type", type: "string", doc: "Normal or Warning.", cell: ({ type }) => type ?? "" },
  { name: "Reason", type: "string", doc: "Why, in one word.", cell: ({ reason }) => reason ?? "" },
  { name: "Object", type: "string", doc: "What it happened to.", cell: objectOf },
  {
    name: "Subobject",
    type: "string",
    priority: 1,
    doc: "The part that it happened to.",
    cell: ({ involvedObject }) => involvedObject.fieldPath ?? "",
  },
  { name: "Source", type: "string", priority: 1, doc: "Who tells it, and from which node.", cell: sourceOf },
  { name: "Message", type: "string", doc: "What happened.", cell: ({ message = "" }) => message.trim() },
  { name: "First Seen", type: "string", priority: 1, doc: "How long ago it was first seen.", cell: firstSeen },
  {
    name: "Count",
    type: "string",
    priority: 1,
    doc: "How often it was seen.",
    cell: ({ series, count = 0 }) => series?.count ?? (count || 1),
  },
  { ...nameColumn, priority: 1 },
];

function firstSeen({ firstTimestamp, eventTime }: Event, now: Instant): string {
  return timeSince(firstTimestamp ?? eventTime, now);
}

function lastSeen(event: Event, now: Instant): string {
  if (event.series !== undefined) return timeSince(event.series.lastObservedTime, now);
  return event.lastTimestamp === undefined ? firstSeen(event, now) : timeSince(event.lastTimestamp, now);
}

function objectOf({ involvedObject: { kind = "", name = "" } }: Event): string {
  return name === "" ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function sourceOf({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source.component || reportingComponent;
  const host = source.host || reportingInstance;
  return host === "" ? component : `${component}, ${host}`;
}
