import { expect, test } from "vitest";
import { stoppedTasks } from "./lost-exits.ts";

test("tasks that have stopped are found in containerd's table", () => {
  const listing = ["TASK    PID      STATUS    ", "aaa     20675    STOPPED", "bbb     20644    RUNNING", ""].join("\n");
  expect([...stoppedTasks(listing)]).toEqual(["aaa"]);
});
