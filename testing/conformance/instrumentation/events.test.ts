import { EventKind, EventsV1EventKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, refusal } from "../conformance-cluster.ts";

const cluster = conformanceCluster();
const at = "2026-01-01T00:00:00.000000Z";

function eventsV1(namespace: string, name: string, run: string) {
  return {
    metadata: { name, namespace, labels: { conformance: run } },
    regarding: { kind: "Pod", namespace, name: "web" },
    eventTime: at,
    note: "It happened",
    type: "Normal",
    reason: "Test",
    action: "Do",
    reportingController: "example.com/conformance",
    reportingInstance: "conformance-1",
  };
}

function coreEvent(namespace: string, name: string, run: string) {
  return {
    metadata: { name, namespace, labels: { conformance: run } },
    involvedObject: { namespace },
    message: "It happened",
    reason: "Test",
    type: "Normal",
    count: 1,
  };
}

test("IN-001 events of events.k8s.io are listed by label and deleted as a collection", async () => {
  const namespace = await cluster.namespace();
  const events = cluster.client.resource(EventsV1EventKind);
  const labelSelector = "conformance=in-001";
  for (const name of ["a", "b", "c"]) await events.in(namespace).create(eventsV1(namespace, name, "in-001"));
  expect(await namesIn(events, { labelSelector })).toEqual(["a", "b", "c"]);
  await events.in(namespace).deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(events, { labelSelector })).toEqual([]));
});

test("IN-002 an event of events.k8s.io is made, listed here and everywhere, patched, its series updated, and deleted", async () => {
  const namespace = await cluster.namespace();
  const events = cluster.client.resource(EventsV1EventKind);
  const labelSelector = "conformance=in-002";
  await events.in(namespace).create(eventsV1(namespace, "a", "in-002"));
  expect(await namesIn(events.in(namespace), { labelSelector })).toEqual(["a"]);
  expect(await namesIn(events, { labelSelector })).toEqual(["a"]);
  const patched = await events.in(namespace).patch("a", { series: { count: 2, lastObservedTime: at } }, { type: "strategic" });
  expect(patched.series).toEqual({ count: 2, lastObservedTime: at });
  await events.in(namespace).update({ ...patched, series: { count: 100, lastObservedTime: at } });
  expect((await events.in(namespace).get("a")).series?.count).toBe(100);
  await events.in(namespace).delete("a");
  expect(await refusal(events.in(namespace).get("a"))).toBe("NotFound");
});

test("IN-003 events of the core group are listed by label and deleted as a collection", async () => {
  const namespace = await cluster.namespace();
  const events = cluster.client.resource(EventKind);
  const labelSelector = "conformance=in-003";
  for (const name of ["a", "b", "c"]) await events.in(namespace).create(coreEvent(namespace, name, "in-003"));
  expect(await namesIn(events, { labelSelector })).toEqual(["a", "b", "c"]);
  await events.in(namespace).deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(events, { labelSelector })).toEqual([]));
});

test("IN-004 an event of the core group is made, listed everywhere, patched, updated with a series, and deleted", async () => {
  const namespace = await cluster.namespace();
  const events = cluster.client.resource(EventKind);
  await events.in(namespace).create(coreEvent(namespace, "a", "in-004"));
  expect(await namesIn(events, { labelSelector: "conformance=in-004" })).toEqual(["a"]);
  const patched = await events.in(namespace).patch("a", { message: "It happened again" }, { type: "strategic" });
  expect(patched.message).toBe("It happened again");
  await events.in(namespace).update({ ...patched, series: { count: 100, lastObservedTime: at } });
  expect((await events.in(namespace).get("a")).series).toEqual({ count: 100, lastObservedTime: at });
  await events.in(namespace).delete("a");
  expect(await refusal(events.in(namespace).get("a"))).toBe("NotFound");
});
