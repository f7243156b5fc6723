import { expect, test } from "vitest";
import { RecentEvents } from "./recent-events.ts";
import type { Revision, StoreEvent } from "./store.ts";

const cause = { user: "alice" };
const at = (revision: number): Revision => revision as Revision;
const put = (revision: number, key: string, bytes = 0): StoreEvent => ({
  type: "put",
  entry: { key, value: new Uint8Array(bytes), revision: at(revision), created: at(revision), cause },
});
const deletion = (revision: number, key: string): StoreEvent => ({
  type: "delete",
  key,
  revision: at(revision),
  cause,
  previous: new Uint8Array(),
});
const revisions = (events: readonly StoreEvent[]): readonly number[] =>
  events.map((event) => (event.type === "put" ? event.entry.revision : event.revision));

test("events are read from any revision in the window, also where revisions are missing", () => {
  const recent = new RecentEvents({ start: at(10), bytes: 1e6 });
  recent.add([put(12, "/a"), put(15, "/b"), put(16, "/a")], at(20));
  expect(revisions(recent.read("/", at(10)).events)).toEqual([12, 15, 16]);
  expect(revisions(recent.read("/", at(12)).events)).toEqual([15, 16]);
  expect(revisions(recent.read("/", at(13)).events)).toEqual([15, 16]);
  expect(recent.read("/b", at(15))).toEqual({ events: [], revision: 20 });
  expect(recent.entryAt(at(15))?.key).toBe("/b");
  expect(recent.entryAt(at(14))).toBeUndefined();
  expect(recent.entryAt(at(21))).toBeUndefined();
});

test("old events go when there are too many bytes, but never those of the newest batch", () => {
  const recent = new RecentEvents({ start: at(0), bytes: 5000 });
  for (let revision = 1; revision <= 10; revision++) recent.add([put(revision, "/a", 800)], at(revision));
  expect(recent.start).toBe(3);
  recent.add([put(11, "/a", 9000), put(12, "/a", 9000)], at(12));
  expect(recent.start).toBeLessThanOrEqual(10);
  expect(revisions(recent.read("/", at(10)).events)).toEqual([11, 12]);
  recent.add([put(13, "/a")], at(13));
  expect(recent.start).toBe(11);
});

test("events of one revision are never parted", () => {
  const recent = new RecentEvents({ start: at(0), bytes: 100_000 });
  const together = Array.from({ length: 3000 }, (_, index) => deletion(2, `/${index}`));
  recent.add([put(1, "/a"), ...together, put(3, "/a")], at(3));
  const first = recent.read("/", at(0));
  expect([first.events.length, first.revision]).toEqual([3001, 2]);
  expect(revisions(recent.read("/", first.revision).events)).toEqual([3]);
  expect(revisions(recent.read("/", at(1)).events.slice(-2))).toEqual([2, 2]);
  recent.add([put(4, "/a")], at(4));
  expect(recent.start).toBe(2);
  expect(revisions(recent.read("/", at(2)).events)).toEqual([3, 4]);
});
