import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runWriter } from "./run-writer.ts";
import type { TraceEvent } from "./trace.ts";
import { acknowledgedTooEarly, readTrace } from "./trace.ts";
import { temporaryFiles } from "../testing/temporary-files.ts";

const { directory } = temporaryFiles();

// Tracing needs the tool, and the right to trace.
const canTrace = spawnSync("strace", ["-o", join(directory, "probe"), "true"]).status === 0;
const writes = 200;

describe.skipIf(!canTrace)(canTrace ? "the system calls of a store" : "strace is not installed or not allowed", () => {
  test("show each acknowledgement after the sync of the log that holds it", async () => {
    const events = await traceOf("FULL");
    expect(acknowledgements(events)).toBe(writes);
    expect(acknowledgedTooEarly(events)).toEqual([]);
  });

  test("show acknowledgements without a sync when the store doesn't sync: this test can fail", async () => {
    const events = await traceOf("OFF");
    expect(acknowledgements(events)).toBe(writes);
    expect(acknowledgedTooEarly(events).length).toBeGreaterThan(writes / 2);
  });
});

function acknowledgements(events: readonly TraceEvent[]): number {
  return events.filter(({ type }) => type === "acknowledge").length;
}

async function traceOf(synchronous: "FULL" | "OFF"): Promise<readonly TraceEvent[]> {
  const output = join(directory, synchronous);
  const options = ["-f", "-y", "-s", "8192", "-e", "trace=pwrite64,write,fdatasync,fsync", "-o", output];
  await runWriter({ path: join(directory, `${synchronous}.db`), seed: 1, inFlight: 8, writes, synchronous, under: ["strace", ...options] });
  return readTrace(readFileSync(output, "utf8").split("\n"));
}
