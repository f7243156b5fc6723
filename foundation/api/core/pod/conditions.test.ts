import type { Instant } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { findPodCondition, isPodAvailable, isPodReady, isPodTerminal, withPodCondition } from "./conditions.ts";
import { aPod, noon } from "./testing/pods.ts";

const ready = { type: "Ready", status: "True", lastTransitionTime: "2030-01-01T11:59:50Z" } as const;
const later = (seconds: number): Instant => (noon + seconds * 1000) as Instant;

test("a Pod is ready when its condition says so", () => {
  expect(isPodReady(aPod({ status: { conditions: [ready] } }))).toBe(true);
  expect(isPodReady(aPod({ status: { conditions: [{ type: "Ready", status: "False" }] } }))).toBe(false);
  expect(isPodReady(aPod())).toBe(false);
});

test("a Pod is available when it has been ready for long enough, to the second", () => {
  const pod = aPod({ status: { conditions: [ready] } });
  expect(isPodAvailable(pod, 10, noon)).toBe(true);
  expect(isPodAvailable(pod, 11, noon)).toBe(false);
  expect(isPodAvailable(pod, 11, later(1))).toBe(true);
});

test("a Pod that never said when it became ready is available only without a wait", () => {
  const pod = aPod({ status: { conditions: [{ type: "Ready", status: "True" }] } });
  expect(isPodAvailable(pod, 0, noon)).toBe(true);
  expect(isPodAvailable(pod, 1, noon)).toBe(false);
});

test("a Pod has ended when it succeeded or failed", () => {
  const phases = ["Pending", "Running", "Succeeded", "Failed", "Unknown"];
  expect(phases.filter((phase) => isPodTerminal(aPod({ status: { phase } })))).toEqual(["Succeeded", "Failed"]);
});

describe("setting a condition", () => {
  const pod = aPod({ status: { conditions: [ready] } });

  test("tells when the status changed", () => {
    const changed = withPodCondition(pod, { type: "Ready", status: "False", reason: "ContainersNotReady" }, noon);
    expect(changed.status.conditions).toEqual([
      { type: "Ready", status: "False", reason: "ContainersNotReady", lastTransitionTime: "2030-01-01T12:00:00Z" },
    ]);
  });

  test("keeps the time while the status stays", () => {
    const changed = withPodCondition(pod, { type: "Ready", status: "True", message: "still" }, noon);
    expect(findPodCondition(changed, "Ready")?.lastTransitionTime).toBe(ready.lastTransitionTime);
  });

  test("leaves a Pod alone that has it already", () => {
    expect(withPodCondition(pod, { type: "Ready", status: "True" }, noon)).toBe(pod);
  });

  test("adds it to the others", () => {
    const changed = withPodCondition(pod, { type: "PodScheduled", status: "True" }, noon);
    expect(changed.status.conditions?.map(({ type }) => type)).toEqual(["Ready", "PodScheduled"]);
  });
});
