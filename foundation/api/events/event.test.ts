import { expect, test } from "vitest";
import { asRead, problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { coreEventOf, EventsV1EventKind, eventsV1EventOf } from "./event.ts";

const event = {
  eventTime: "2026-06-01T11:50:00.000000Z",
  reportingController: "example.com/watcher",
  reportingInstance: "watcher-1",
  action: "Look",
  reason: "Looked",
  regarding: { kind: "Pod", namespace: "default", name: "web-1" },
  related: { kind: "Node", name: "n" },
  note: "Looked at it",
  type: "Normal",
  series: { count: 2, lastObservedTime: "2026-06-01T11:59:00.000000Z" },
};

test("an event is stored as the core group has it, and comes back as it was", () => {
  const read = asRead(EventsV1EventKind, event);
  const stored = coreEventOf(read);
  expect(stored).toMatchObject({
    apiVersion: "v1",
    involvedObject: event.regarding,
    message: event.note,
    reportingComponent: event.reportingController,
    series: event.series,
  });
  expect(eventsV1EventOf(stored)).toEqual(read);
});

test.each([
  [event, []],
  [{ ...event, eventTime: undefined }, ["eventTime: Required value"]],
  [{ ...event, type: "Bad" }, ['type: Invalid value: "": has invalid value: Bad']],
  [{ ...event, series: { ...event.series, count: 1 } }, ['series.count: Invalid value: "": should be at least 2']],
  [{ ...event, reportingController: "" }, ["reportingController: Required value"]],
])("an event %j", (body, problems) => {
  const named = problemsOf(EventsV1EventKind, body);
  expect(named).toEqual(expect.arrayContaining([...problems]));
  expect(named.length === 0).toBe(problems.length === 0);
});

test("only the series of an event goes on", () => {
  const later = { ...event, series: { ...event.series, count: 3 } };
  expect(problemsOfUpdate(EventsV1EventKind, event, later)).toEqual([]);
  expect(problemsOfUpdate(EventsV1EventKind, event, { ...later, note: "Other" })).toEqual([
    'message: Invalid value: "Other": field is immutable',
  ]);
});

test("a table shows the same as that of the core group", () => {
  expect(rowOf(EventsV1EventKind, event)).toMatchObject({ Object: "pod/web-1", Message: "Looked at it", Count: 2, "Last Seen": "60s" });
});
