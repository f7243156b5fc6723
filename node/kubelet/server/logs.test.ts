import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createManualClock, createTasks, type Instant, parseTime } from "@kubets/machinery";
import { turn } from "@kubets/machinery/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFiles } from "../node/files.ts";
import { type LogOptions, parseLogOptions, readLog } from "./logs.ts";

const noon = Date.UTC(2026, 0, 1, 12) as Instant;
const line = (second: number, text: string, { stream = "stdout", tag = "F" } = {}): string =>
  `2026-01-01T12:00:0${second}.123456789Z ${stream} ${tag} ${text}\n`;
const plain: LogOptions = { follow: false, previous: false, timestamps: false };

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kubets-log-"));
  path = join(directory, "0.log");
});
afterEach(() => rmSync(directory, { recursive: true }));

const clock = createManualClock({ start: noon, tasks: createTasks({ turn }), turn });
const pieces = (options: Partial<LogOptions>, signal: AbortSignal = new AbortController().signal): AsyncGenerator<Uint8Array> =>
  readLog(path, { files: createFiles(), clock, options: { ...plain, ...options }, signal });
const read = async (options: Partial<LogOptions> = {}): Promise<string> => {
  let text = "";
  for await (const bytes of pieces(options)) text += new TextDecoder().decode(bytes);
  return text;
};

test("a log is told without the runtime's marks, parts of a line joined", async () => {
  writeFileSync(path, line(1, "one") + line(2, "tw", { tag: "P" }) + line(2, "o") + line(3, "error: x", { stream: "stderr" }) + "torn");
  expect(await read()).toBe("one\ntwo\nerror: x\n");
  expect(await read({ stream: "stderr" })).toBe("error: x\n");
  expect(await read({ timestamps: true, tailLines: 1 })).toBe("");
  expect(await read({ timestamps: true })).toBe(
    "2026-01-01T12:00:01.123456789Z one\n2026-01-01T12:00:02.123456789Z two\n2026-01-01T12:00:03.123456789Z error: x\n",
  );
});

test("a log is told from a moment, from its end, or up to a size", async () => {
  writeFileSync(path, [1, 2, 3, 4].map((second) => line(second, `line ${second}`)).join(""));
  expect(await read({ tailLines: 2 })).toBe("line 3\nline 4\n");
  expect(await read({ tailLines: 0 })).toBe("");
  expect(await read({ tailLines: 9 })).toBe("line 1\nline 2\nline 3\nline 4\n");
  expect(await read({ since: parseTime("2026-01-01T12:00:03Z")! })).toBe("line 3\nline 4\n");
  expect(await read({ limitBytes: 8 })).toBe("line 1\nl");
});

test("the end of a long log is found without reading it all", async () => {
  writeFileSync(path, Array.from({ length: 5000 }, (_, index) => line(1, `line ${index}`)).join(""));
  expect(await read({ tailLines: 3000 })).toBe(Array.from({ length: 3000 }, (_, index) => `line ${index + 2000}\n`).join(""));
});

test("a log is followed, past its rotation, until its container is over", async () => {
  writeFileSync(path, line(1, "one"));
  const over = new AbortController();
  const following = pieces({ follow: true }, over.signal);
  const next = async (): Promise<string | undefined> => {
    const { value, done } = await following.next();
    return done === true ? undefined : new TextDecoder().decode(value);
  };
  expect(await next()).toBe("one\n");
  appendFileSync(path, line(2, "two"));
  expect(await next()).toBe("two\n");
  renameSync(path, `${path}.old`);
  writeFileSync(path, line(3, "three"));
  expect(await next()).toBe("three\n");
  appendFileSync(path, line(4, "last"));
  over.abort();
  expect(await next()).toBe("last\n");
  expect(await next()).toBeUndefined();
});

test("what a client asks for is read, and refused where it makes no sense", () => {
  const options = (query: string): LogOptions => parseLogOptions(new URLSearchParams(query), noon);
  expect(options("follow=true&tailLines=5&sinceSeconds=60")).toEqual({
    follow: true,
    previous: false,
    timestamps: false,
    tailLines: 5,
    since: noon - 60_000,
  });
  expect(() => options("tailLines=-1")).toThrow("invalid tailLines");
  expect(() => options("sinceTime=yesterday")).toThrow("invalid sinceTime");
});
