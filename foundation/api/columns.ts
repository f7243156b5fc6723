import { type Column, humanDuration, type Instant, type KubernetesObject, type ObjectMeta, parseTime, type Time } from "@kubets/machinery";

/** The column that every table begins with. */
export const nameColumn: Column<KubernetesObject> = {
  name: "Name",
  type: "string",
  format: "name",
  doc: "The object's name, unique within its namespace.",
  cell: (object) => object.metadata.name,
};

/** How long ago the object was made. */
export const ageColumn: Column<KubernetesObject> = {
  name: "Age",
  type: "string",
  doc: "How long ago the object was made.",
  cell: (object, now) => age(object.metadata, now),
};

export function age(metadata: Pick<ObjectMeta, "creationTimestamp">, now: Instant): string {
  return timeSince(metadata.creationTimestamp, now);
}

/** How long ago `time` was, in the short form; `<unknown>` without a time. */
export function timeSince(time: Time | undefined, now: Instant): string {
  const instant = time === undefined ? undefined : parseTime(time);
  return instant === undefined ? "<unknown>" : humanDuration(now - instant);
}

/** The items joined by commas, those past the first `count` only counted. */
export function firstOf(items: readonly string[], count: number): string {
  const shown = items.slice(0, count).join(",");
  return items.length > count ? `${shown} + ${items.length - count} more...` : shown;
}
