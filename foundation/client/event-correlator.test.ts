import type { Instant } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { createEventCorrelator, type ToldEvent } from "./event-correlator.ts";
import { eventComponentOf } from "./events.ts";
import { aWidget, noon } from "./testing/harness.ts";

const told: ToldEvent = { about: aWidget("a", 1), type: "Normal", reason: "Pulled", message: "pulled it", component: "kubelet" };
const after = (seconds: number): Instant => (noon + seconds * 1000) as Instant;

function correlator() {
  let names = 0;
  return createEventCorrelator({ nameFor: ({ metadata }) => `${metadata.name}.${++names}` });
}

describe("events about one object", () => {
  test("that repeat are counted up in one", () => {
    const correlate = correlator();
    expect([correlate(told, noon), correlate(told, after(9))]).toEqual([
      { ...told, name: "a.1", count: 1, firstSeen: noon, lastSeen: noon },
      { ...told, name: "a.1", count: 2, firstSeen: noon, lastSeen: after(9) },
    ]);
  });

  test("that differ in reason, type, part or teller are different events", () => {
    const correlate = correlator();
    const different: readonly ToldEvent[] = [
      told,
      { ...told, reason: "Pulling" },
      { ...told, type: "Warning" },
      { ...told, fieldPath: "spec.containers{web}" },
      { ...told, component: "scheduler" },
    ];
    expect(different.map((each) => correlate(each, noon)?.name)).toEqual(["a.1", "a.2", "a.3", "a.4", "a.5"]);
  });

  test("of which more than ten differ in their message only become one", () => {
    const correlate = correlator();
    const messages = Array.from({ length: 14 }, (_, index) => correlate({ ...told, message: `try ${index}` }, after(index)));
    expect(messages.slice(9).map((event) => [event?.name, event?.count, event?.message])).toEqual([
      ["a.10", 1, "try 9"],
      ["a.11", 1, "(combined from similar events): try 10"],
      ["a.11", 2, "(combined from similar events): try 11"],
      ["a.11", 3, "(combined from similar events): try 12"],
      ["a.11", 4, "(combined from similar events): try 13"],
    ]);
    expect(correlate({ ...told, message: "much later" }, after(7000))?.message).toBe("much later");
  });

  test("are told 25 times at once, then one every five minutes", () => {
    const correlate = correlator();
    const atOnce = Array.from({ length: 40 }, () => correlate(told, noon)).filter((event) => event !== undefined);
    expect(atOnce).toHaveLength(25);
    expect(correlate(told, after(299))).toBeUndefined();
    expect(correlate(told, after(600))?.count).toBe(42);
    expect(correlate({ ...told, about: aWidget("other", 2) }, after(600))).toBeDefined();
  });
});

test("events of controllers come from the component that upstream names", () => {
  expect(["deployment", "endpointslice", "node-lifecycle", "taint-eviction-controller"].map(eventComponentOf)).toEqual([
    "deployment-controller",
    "endpoint-slice-controller",
    "node-controller",
    "taint-eviction-controller",
  ]);
});
