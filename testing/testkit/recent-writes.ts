import type { Event } from "@kubets/api";
import type { Cause } from "@kubets/machinery";
import type { Revision, Store, StoreEvent } from "@kubets/store";
import type { WrittenOften } from "./not-settled.ts";

const decoder = new TextDecoder();

/** Everything written under `prefix` after a revision, or after the oldest that is kept, up to now. */
export async function writesSince(store: Store, prefix: string, since: Revision): Promise<readonly StoreEvent[]> {
  const current = await store.currentRevision();
  const oldest = await store.compactedRevision();
  const after = since < oldest ? oldest : since;
  const events: StoreEvent[] = [];
  if (after >= current) return events;
  const stop = new AbortController();
  for await (const batch of store.watch({ prefix, after, signal: stop.signal })) {
    events.push(...batch.events);
    if (batch.revision >= current) break;
  }
  return events;
}

export const keyOf = (event: StoreEvent): string => (event.type === "put" ? event.entry.key : event.key);
export const causeOf = (event: StoreEvent): Cause => (event.type === "put" ? event.entry.cause : event.cause);
export const revisionOf = (event: StoreEvent): Revision => (event.type === "put" ? event.entry.revision : event.revision);

/** What a cause says of who wrote: the part of the cluster when it is known, else the user. */
export function writerOf({ user, actor }: Cause): string {
  return actor ?? user;
}

export function reasonOf({ object, revision, timer }: Cause): string | undefined {
  if (timer !== undefined) return `the timer "${timer}"`;
  if (object === undefined) return undefined;
  return revision === undefined ? object : `${object} at revision ${revision}`;
}

/** Fewer writes than this are no loop. */
const often = 10;

export async function busiestObjects(store: Store, since: Revision): Promise<readonly WrittenOften[]> {
  const counts = new Map<string, { times: number; last: Cause }>();
  for (const event of await writesSince(store, "/registry/", since)) {
    const known = counts.get(keyOf(event));
    if (known === undefined) counts.set(keyOf(event), { times: 1, last: causeOf(event) });
    else {
      known.times++;
      known.last = causeOf(event);
    }
  }
  return [...counts]
    .filter(([, { times }]) => times >= often)
    .sort(([, a], [, b]) => b.times - a.times)
    .slice(0, 5)
    .map(([key, { times, last }]) => {
      const because = reasonOf(last);
      return { object: key.slice("/registry/".length), times, by: writerOf(last), ...(because === undefined ? {} : { because }) };
    });
}

/** The last Events of the whole cluster, oldest first. */
export async function lastEvents(store: Store, count = 10): Promise<readonly string[]> {
  const { entries } = await store.list({ prefix: "/registry/events/" });
  return [...entries]
    .sort((a, b) => a.revision - b.revision)
    .slice(-count)
    .map(({ value }) => describeEvent(JSON.parse(decoder.decode(value)) as Event));
}

/** As a line of `kubectl get events`. */
export function describeEvent({ type, reason, message, involvedObject, count = 1 }: Event): string {
  const object = `${involvedObject.kind?.toLowerCase() ?? "object"}/${involvedObject.name ?? ""}`;
  return `${type ?? "Normal"} ${reason ?? ""} ${object}: ${message ?? ""}${count > 1 ? ` (${count} times)` : ""}`;
}
