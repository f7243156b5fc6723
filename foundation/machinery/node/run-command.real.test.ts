import { expect, test } from "vitest";
import { createTasks } from "../tasks.ts";
import { turn } from "./system-clock.ts";
import { CommandFailure, demandCommand, runCommand } from "./run-command.ts";

const tasks = createTasks({ turn });

test("a command is a task until it ends, reads its input, and answers both outputs and its code", async () => {
  const running = runCommand("sh", ["-c", "cat; echo aside >&2; exit 3"], { tasks, input: "given\n" });
  expect(tasks.pending()).toEqual([{ name: "command", count: 1 }]);
  expect(await running).toEqual({ exitCode: 3, stdout: "given\n", stderr: "aside\n" });
  expect(tasks.pending()).toEqual([]);
});

test("what is demanded and fails says which command, how and why", async () => {
  expect(await demandCommand("echo", ["fine"], { tasks })).toBe("fine\n");
  const failure = await demandCommand("sh", ["-c", "echo no >&2; exit 4"], { tasks }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CommandFailure);
  expect(failure).toMatchObject({ exitCode: 4, stderr: "no\n", message: 'Command "sh -c echo no >&2; exit 4" failed with 4: no' });
  await expect(demandCommand("no-such-program", [], { tasks })).rejects.toMatchObject({ exitCode: -1 });
});

test("a command that is no longer wanted is killed", async () => {
  const unwanted = new AbortController();
  const running = runCommand("sleep", ["1000"], { tasks, signal: unwanted.signal });
  unwanted.abort();
  expect(await running).toMatchObject({ exitCode: -1 });
});
