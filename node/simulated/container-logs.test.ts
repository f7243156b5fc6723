import { expect, test } from "vitest";
import { containerLogs } from "./container-logs.ts";
import type { ProgramRule } from "./programs.ts";
import { after, aPod, type Life, live } from "./testing/objects.ts";

const rules: readonly ProgramRule[] = [
  ({ restarts }) => ({
    ...(restarts === 0 ? { runFor: 10_000, exitCode: 1 } : {}),
    logs: [
      { at: 0, text: `start ${restarts}` },
      { at: 5_000, text: "working", stream: "stderr" },
      { at: 60_000, text: "still here" },
    ],
  }),
];
const texts = (life: Life, seconds: number, options = {}): readonly string[] | undefined =>
  containerLogs(life.state, "main", after(seconds), rules, options)?.map(({ text }) => text);

test("a container's log grows with time, and ends with its run", () => {
  const life = live(aPod({ restartPolicy: "Never" }), rules);
  expect([texts(life, 0), texts(life, 5), texts(life.at(10), 100)]).toEqual([["start 0"], ["start 0", "working"], ["start 0", "working"]]);
});

test("after a restart there is a new log, and the one before is kept", () => {
  const life = live(aPod(), rules).at(10);
  expect([texts(life, 12), texts(life, 12, { previous: true })]).toEqual([["start 1"], ["start 0", "working"]]);
});

test("lines know when and where they were written", () => {
  const [, second] = containerLogs(live(aPod(), rules).state, "main", after(5), rules)!;
  expect(second).toEqual({ at: after(5), stream: "stderr", text: "working" });
});

test("a container that never ran, or not before, has no log", () => {
  const waiting = live(aPod(), [() => ({ pull: 5_000 })]);
  expect([
    texts(waiting, 1),
    texts(live(aPod(), rules), 1, { previous: true }),
    containerLogs(waiting.state, "other", after(1), rules),
  ]).toEqual([undefined, undefined, undefined]);
});
