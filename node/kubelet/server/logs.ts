import { type LogOptions, parseLogOptions } from "@kubets/api";
import { badRequest, type Clock, parseTime } from "@kubets/machinery";
import { containerLogPath, type Layout, podLogDirectory } from "../layout.ts";
import type { ContainerRun, PodWorkerState } from "../pod-worker/state.ts";
import type { Files } from "../system.ts";
import { parseLogLine } from "./log-lines.ts";

export { type LogOptions, parseLogOptions };

/** Where the log of a container lies, and which run it is of. Throws `BadRequest` when there is none. */
export function logFileOf(
  layout: Layout,
  { pod, runs }: PodWorkerState,
  container: string,
  previous: boolean,
): { readonly path: string; readonly isRunning: boolean } {
  const run = runs[container];
  const what = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)}`;
  const shown = previous ? run?.last : currentRun(run);
  if (shown === undefined) {
    if (previous) throw badRequest(`previous terminated ${what} not found`);
    throw badRequest(`${what} is waiting to start: ${run?.kind === "waiting" ? run.reason : "ContainerCreating"}`);
  }
  return { path: `${podLogDirectory(layout, pod)}/${containerLogPath(container, shown.restarts)}`, isRunning: shown.kind === "running" };
}

/** The run that is, or the one before while the next is still to come. */
function currentRun(run: ContainerRun | undefined): Extract<ContainerRun, { readonly kind: "running" | "terminated" }> | undefined {
  return run === undefined || run.kind === "running" || run.kind === "terminated" ? run : run.last;
}

export interface ReadLogOptions {
  readonly files: Files;
  readonly clock: Clock;
  readonly options: LogOptions;
  /** Ends following: the container is over, or the client has gone. */
  readonly signal: AbortSignal;
}

/** The log as a client gets it, piece by piece. */
export async function* readLog(path: string, { files, options, signal }: ReadLogOptions): AsyncGenerator<Uint8Array> {
  const size = (await files.sizeOf(path)) ?? 0;
  const from = options.tailLines === undefined ? 0 : await offsetOfTail(files, path, size, options.tailLines);
  const source = options.follow ? files.follow(path, from, signal) : pieces(files, path, from, size);
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let isNewLine = true;
  for await (const lines of linesOf(source)) {
    let text = "";
    for (const line of lines) {
      const parsed = parseLogLine(line);
      if (parsed === undefined || (options.stream !== undefined && parsed.stream !== options.stream)) continue;
      if (options.since !== undefined && (parseTime(parsed.time) ?? 0) < options.since) continue;
      text += `${options.timestamps && isNewLine ? `${parsed.time} ` : ""}${parsed.text}${parsed.isPartial ? "" : "\n"}`;
      isNewLine = !parsed.isPartial;
    }
    if (text === "") continue;
    const bytes = new TextEncoder().encode(text).subarray(0, left);
    left -= bytes.length;
    yield bytes;
    if (left === 0) return;
  }
}

const pieceLength = 64 * 1024;

async function* pieces(files: Files, path: string, from: number, to: number): AsyncGenerator<Uint8Array> {
  for (let offset = from; offset < to;) {
    const bytes = await files.readAt(path, offset, Math.min(pieceLength, to - offset));
    if (bytes.length === 0) return;
    offset += bytes.length;
    yield bytes;
  }
}

/** Whole lines, as many as each piece completes. */
async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of source) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) yield lines;
  }
}

/** Where the last lines begin, found from the end: the log may be long. */
async function offsetOfTail(files: Files, path: string, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
  let found = 0;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - pieceLength);
    const bytes = await files.readAt(path, start, end - start);
    for (let index = bytes.length - 1; index >= 0; index--) {
      // The end of the last line is not the beginning of another.
      if (bytes[index] !== 0x0a || start + index === size - 1) continue;
      if (++found === lines) return start + index + 1;
    }
    end = start;
  }
  return 0;
}
