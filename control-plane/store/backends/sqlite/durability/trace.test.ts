import { expect, test } from "vitest";
import { acknowledgedTooEarly, readTrace } from "./trace.ts";

const log = (pid: number, bytes: string): string => `${pid} pwrite64(21</tmp/store.db-wal>, "${bytes}", 4096, 32) = 4096`;
const sync = (pid: number): string => `${pid} fdatasync(21</tmp/store.db-wal>) = 0`;
const acknowledge = (pid: number, key: string): string => `${pid} write(1<pipe:[7]>, "put 5 0 ${key}\\n", 12) = 12`;

const early = (...lines: readonly string[]): readonly string[] => acknowledgedTooEarly(readTrace(lines));

test("a write that is acknowledged after the sync of its log is in time", () => {
  expect(early(log(2, "..{/a after 0;}.."), sync(2), acknowledge(1, "/a"))).toEqual([]);
});

test("a write that is acknowledged before the sync, or whose log was written after it, is too early", () => {
  expect(early(log(2, "/a after 0;"), acknowledge(1, "/a"), sync(2))).toEqual(["/a after 0;"]);
  expect(early(sync(2), log(2, "/a after 0;"), acknowledge(1, "/a"))).toEqual(["/a after 0;"]);
});

test("a sync counts when it ends, not when it begins, and only when it succeeds, and only of the log", () => {
  const begun = "2 fsync(21</tmp/store.db-wal> <unfinished ...>";
  const ended = "2 <... fsync resumed>) = 0";
  expect(early(log(2, "/a after 0;"), begun, acknowledge(1, "/a"), ended)).toEqual(["/a after 0;"]);
  expect(early(log(2, "/a after 0;"), begun, ended, acknowledge(1, "/a"))).toEqual([]);
  expect(early(log(2, "/a after 0;"), "2 fsync(21</tmp/store.db-wal>) = -1 EIO (Input/output error)", acknowledge(1, "/a"))).toHaveLength(
    1,
  );
  expect(early(log(2, "/a after 0;"), "2 fsync(20</tmp/store.db>) = 0", acknowledge(1, "/a"))).toHaveLength(1);
});
