import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { architecture } from "../node/machine.ts";
import { pauseProgram } from "./program.ts";

const processor = process.platform === "linux" ? architecture() : undefined;

describe.skipIf(processor === undefined)("the pause program on this processor", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "kubets-pause-"));
    writeFileSync(join(directory, "pause"), pauseProgram(processor!), { mode: 0o755 });
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test.each(["SIGTERM", "SIGINT"] as const)("ends well on %s, and not before", async (signal) => {
    const child = spawn(join(directory, "pause"), { stdio: "ignore" });
    const exit = new Promise((resolve) => child.once("exit", (code, by) => resolve({ code, by })));
    await waitUntilItWaits(child.pid!);
    child.kill("SIGCHLD");
    await waitUntilItWaits(child.pid!);
    expect(child.exitCode).toBeNull();
    child.kill(signal);
    expect(await exit).toEqual({ code: 0, by: null });
  });
});

/** It sleeps nowhere but where it waits for a signal. */
async function waitUntilItWaits(pid: number): Promise<void> {
  const isWaiting = (): boolean => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return /^Name:\s+pause$/m.test(status) && /^State:\s+S/m.test(status);
  };
  while (!isWaiting()) await new Promise((resolve) => setImmediate(resolve));
}
