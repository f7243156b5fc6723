import { humanDuration, type Instant, parseTime } from "@kubets/machinery";
import { type JsonObject, listAt, numberAt, textAt, textsAt } from "../json-object.ts";

/** Lines indented by `level` steps; those that go on in a later cell begin with a tab and need none. */
export function indent(level: number, text: string): string {
  return text.replace(/^(?=[^\t\n])/gm, "  ".repeat(level));
}

/** `Labels:` with one line for each, sorted. */
export function mapLines(title: string, values: Readonly<Record<string, string>>): string {
  const pairs = Object.keys(values)
    .sort()
    .map((key) => `${key}=${values[key]}`);
  return pairs.length === 0 ? `${title}:\t<none>\n` : pairs.map((pair, index) => `${index === 0 ? `${title}:` : ""}\t${pair}\n`).join("");
}

const longestAnnotation = 140;

export function annotationLines(annotations: Readonly<Record<string, string>>, title = "Annotations"): string {
  const keys = Object.keys(annotations)
    .filter((key) => key !== "kubectl.kubernetes.io/last-applied-configuration")
    .sort();
  if (keys.length === 0) return `${title}:\t<none>\n`;
  return keys
    .map((key, index) => {
      const value = annotations[key]!.replace(/\n$/, "");
      const start = index === 0 ? `${title}:\t` : "\t";
      if (value.length + key.length + 2 < longestAnnotation && !value.includes("\n")) return `${start}${key}: ${value}\n`;
      const lines = value.split("\n").map((line) => `\t  ${shorten(line, longestAnnotation - 2)}\n`);
      return `${start}${key}:\n${lines.join("")}`;
    })
    .join("");
}

const shorten = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}...` : text);

/** Name, namespace, labels and annotations, as most descriptions begin. */
export function heading(object: JsonObject, { withNamespace = true }: { readonly withNamespace?: boolean } = {}): string {
  return [
    `Name:\t${textAt(object, "metadata", "name")}\n`,
    withNamespace ? `Namespace:\t${textAt(object, "metadata", "namespace")}\n` : "",
    mapLines("Labels", textsAt(object, "metadata", "labels")),
    annotationLines(textsAt(object, "metadata", "annotations")),
  ].join("");
}

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A time of the API as descriptions show it, in UTC: `Sat, 21 Nov 2026 22:23:52 +0000`. */
export function timeText(text: string): string {
  const instant = text === "" ? undefined : parseTime(text);
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T(\d+:\d+:\d+)/.exec(text) ?? [];
  if (instant === undefined || time === undefined) return "<unset>";
  // The first day of the epoch was a Thursday.
  const weekday = weekdays[(Math.floor(instant / 86_400_000) + 4) % 7];
  return `${weekday}, ${day} ${months[Number(month) - 1]} ${year} ${time} +0000`;
}

/** How long ago something was. */
export function since(text: string, now: Instant): string {
  const instant = text === "" ? undefined : parseTime(text);
  return instant === undefined ? "<unknown>" : humanDuration(now - instant);
}

/** The Events of an object, oldest first. */
export function eventLines(events: readonly JsonObject[], now: Instant): string {
  if (events.length === 0) return "Events:\t<none>\n";
  const rows = events
    .toSorted((a, b) => (textAt(a, "lastTimestamp") < textAt(b, "lastTimestamp") ? -1 : 1))
    .map((event) => {
      const first = textAt(event, "firstTimestamp") || textAt(event, "eventTime");
      const count = numberAt(event, "count") || numberAt(event, "series", "count");
      const last = textAt(event, "series", "lastObservedTime") || textAt(event, "lastTimestamp");
      const age = count > 1 ? `${since(last, now)} (x${count} over ${since(first, now)})` : since(first, now);
      const from = textAt(event, "source", "component") || textAt(event, "reportingComponent");
      return `  ${textAt(event, "type")}\t${textAt(event, "reason")}\t${age}\t${from}\t${textAt(event, "message").trim()}\n`;
    });
  return `Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n${rows.join("")}`;
}

/** `key=value` pairs or `<none>`, in one cell. */
export function pairs(values: Readonly<Record<string, string>>): string {
  const keys = Object.keys(values).sort();
  return keys.length === 0 ? "<none>" : keys.map((key) => `${key}=${values[key]}`).join(",");
}

/** `Controlled By:`, when something controls the object. */
export function controllerLine(object: JsonObject): string {
  const owner = listAt(object, "metadata", "ownerReferences").find((each) => each["controller"] === true);
  return owner === undefined ? "" : `Controlled By:\t${textAt(owner, "kind")}/${textAt(owner, "name")}\n`;
}
