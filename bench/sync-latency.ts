import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, quantile } from "./benchmark.ts";

/** What one durable append costs on this disk now, in milliseconds: to be read beside every figure that syncs. */
export async function syncLatency(): Promise<{ readonly median: number; readonly p99: number }> {
  const folder = mkdtempSync(join(tmpdir(), "kubets-sync-"));
  try {
    const file = openSync(join(folder, "log"), "a");
    const block = new Uint8Array(2048).fill(1);
    const times: number[] = [];
    for (let count = 0; count < 300; count++) {
      const began = performance.now();
      writeSync(file, block);
      fdatasyncSync(file);
      times.push(performance.now() - began);
    }
    closeSync(file);
    return { median: median(times), p99: quantile(times, 0.99) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
