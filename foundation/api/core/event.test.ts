import { expect, test } from "vitest";
import { asRead, problemsOf, rowOf } from "../testing/kind-under-test.ts";
import { EventKind } from "./event.ts";

const involvedObject = { kind: "Pod", namespace: "default", name: "web-1", fieldPath: "spec.containers{app}" };
const newForm = {
  involvedObject,
  eventTime: "2026-06-01T11:50:00.000000Z",
  reportingComponent: "example.com/watcher",
  reportingInstance: "watcher-1",
  action: "Look",
  reason: "Looked",
};

test.each([
  [{ involvedObject }, []],
  [
    { involvedObject: { ...involvedObject, namespace: "other" } },
    ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
  ],
  [{ involvedObject: { kind: "Node", name: "n" } }, []],
  [
    { involvedObject: { kind: "Node", name: "n" }, metadata: { namespace: "other" } },
    ['involvedObject.namespace: Invalid value: "": does not match event.namespace'],
  ],
  [newForm, []],
  [
    { ...newForm, reportingInstance: "", action: "x".repeat(129) },
    ["reportingInstance: Required value", 'action: Invalid value: "": can have at most 128 characters'],
  ],
])("an event %j", (body, problems) => {
  expect(problemsOf(EventKind, body)).toEqual(problems);
});

test("a table shows when an event was seen, and how often", () => {
  const times = { firstTimestamp: "2026-06-01T11:00:00Z", lastTimestamp: "2026-06-01T11:58:30Z", count: 3 };
  const body = {
    involvedObject,
    ...times,
    type: "Warning",
    reason: "BackOff",
    message: " Back-off \n",
    source: { component: "kubelet", host: "node-1" },
  };
  expect(rowOf(EventKind, body)).toEqual({
    "Last Seen": "90s",
    Type: "Warning",
    Reason: "BackOff",
    Object: "pod/web-1",
    Subobject: "spec.containers{app}",
    Source: "kubelet, node-1",
    Message: "Back-off",
    "First Seen": "60m",
    Count: 3,
    Name: "web",
  });
});

test("a table shows the series of an event of the newer form", () => {
  const series = { count: 7, lastObservedTime: "2026-06-01T11:59:50.000000Z" };
  expect(rowOf(EventKind, { ...newForm, series })).toMatchObject({
    "Last Seen": "10s",
    "First Seen": "10m",
    Count: 7,
    Source: "example.com/watcher, watcher-1",
  });
  expect(rowOf(EventKind, newForm)).toMatchObject({ "Last Seen": "10m", "First Seen": "10m", Count: 1 });
});

test("events can be selected by what they are about", () => {
  const event = asRead(EventKind, newForm);
  const { "involvedObject.name": name, source } = EventKind.selectableFields;
  expect([name?.(event), source?.(event)]).toEqual(["web-1", "example.com/watcher"]);
});
