import { readFileSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Bench } from "../../testing/harness.ts";
import { alice, bytes, rejection, setUp, shown, text } from "../../testing/harness.ts";
import type { Revision } from "../../store.ts";
import type { SqliteStoreOptions } from "./index.ts";
import { createSqliteStore } from "./index.ts";
import { temporaryFiles } from "./testing/temporary-files.ts";

const { directory, newPath } = temporaryFiles();

const setUpAt = (path: string, options: Partial<SqliteStoreOptions> = {}): Promise<Bench> =>
  setUp((settings) => createSqliteStore({ ...settings, path, ...options }));
const openError = async (path: string): Promise<unknown> => {
  try {
    await (await setUpAt(path)).store.close();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe("a store that is opened again", () => {
  test("has all that was acknowledged, and goes on counting", async () => {
    const path = newPath();
    const revisions: Revision[] = [];
    {
      await using bench = await setUpAt(path);
      const first = await bench.store.create("/a", bytes("1"), { cause: alice });
      const second = await bench.store.update("/a", bytes("2"), { cause: { user: "bob", actor: "scheduler" }, expected: first });
      revisions.push(first, second, await bench.store.create("/b", bytes("1"), { cause: alice }));
    }
    await using bench = await setUpAt(path);
    const [first, second, third] = revisions;
    expect(await bench.store.currentRevision()).toBe(third);
    expect(shown((await bench.store.get("/a"))!)).toEqual({
      key: "/a",
      value: "2",
      revision: second,
      created: first,
      cause: { user: "bob", actor: "scheduler" },
    });
    expect(text((await bench.store.get("/a", { revision: first! }))?.value)).toBe("1");
    const watching = bench.watch("/", 0 as Revision);
    const fourth = await bench.store.update("/a", bytes("3"), { cause: alice, expected: second! });
    expect(fourth).toBe(third! + 1);
    await watching.reached(fourth);
    expect(watching.events.map((event) => text(event.previous))).toEqual([undefined, "1", undefined, "2"]);
  });

  test("never gives a revision twice, even when the last one was a deletion that is compacted away", async () => {
    const path = newPath();
    let deleted: Revision;
    {
      await using bench = await setUpAt(path);
      const created = await bench.store.create("/a", bytes("1"), { cause: alice });
      deleted = await bench.store.delete("/a", { cause: alice, expected: created });
      await bench.store.compact(deleted);
      await bench.tasks.settle();
    }
    await using bench = await setUpAt(path);
    expect(await bench.store.currentRevision()).toBe(deleted);
    expect(await bench.store.compactedRevision()).toBe(deleted);
    expect(await bench.store.create("/a", bytes("2"), { cause: alice })).toBe(deleted + 1);
  });

  test("deletes keys whose time to live went over while it was closed", async () => {
    const path = newPath();
    {
      await using bench = await setUpAt(path);
      await bench.store.create("/short", bytes("1"), { cause: alice, ttlSeconds: 10 });
      await bench.store.create("/long", bytes("1"), { cause: alice, ttlSeconds: 100 });
    }
    // The clock of a test begins at the same noon again; what matters is that it goes on from there.
    await using bench = await setUpAt(path);
    await bench.clock.advance(10_000);
    expect((await bench.store.list({ prefix: "/" })).entries.map(({ key }) => key)).toEqual(["/long"]);
  });
});

describe("the file", () => {
  test("is readable by its owner alone, and so is its log", async () => {
    const path = newPath();
    await using bench = await setUpAt(path);
    await bench.store.create("/secrets/a", bytes("1"), { cause: alice });
    expect([path, `${path}-wal`].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600]);
  });
});

describe("a file that can't be opened", () => {
  test("is open already", async () => {
    const path = newPath();
    await using _bench = await setUpAt(path);
    expect(await openError(path)).toMatchObject({
      reason: "Unavailable",
      message: `Cannot open the store at ${path}: it is open already, in this process or another one`,
    });
  });

  test("can be opened once the other has closed it", async () => {
    const path = newPath();
    await (await setUpAt(path)).store.close();
    expect(await openError(path)).toBeUndefined();
  });

  test("is of a newer format", async () => {
    const path = newPath();
    await (await setUpAt(path)).store.close();
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 2");
    db.close();
    expect(await openError(path)).toMatchObject({
      reason: "Unavailable",
      message: `Cannot open the store at ${path}: its format is version 2, this program reads up to version 1; use the newer program`,
    });
  });

  test("is a database of another program", async () => {
    const path = newPath();
    const db = new DatabaseSync(path);
    db.exec("CREATE TABLE theirs (a)");
    db.close();
    expect(await openError(path)).toMatchObject({
      reason: "Corrupt",
      message: `Cannot open the store at ${path}: the file is a database of another program`,
    });
  });

  test("is no database", async () => {
    const path = newPath();
    writeFileSync(path, "kind: Pod\n".repeat(1000));
    expect(await openError(path)).toMatchObject({
      reason: "Corrupt",
      message: `Cannot open the store at ${path}: the file is damaged, or not a database`,
    });
  });

  test("has no directory", async () => {
    const path = join(directory, "missing", "store.db");
    expect(await openError(path)).toMatchObject({
      reason: "Unavailable",
      message: expect.stringContaining(`Cannot open the store at ${path}: `),
    });
  });
});

describe("a file with a wrong byte", () => {
  test("says that the value is corrupt, wherever it is read, and answers for the others", async () => {
    const path = newPath();
    let revision: Revision;
    {
      await using bench = await setUpAt(path);
      revision = await bench.store.create("/wrong", bytes("the value that was written"), { cause: alice });
      await bench.store.create("/right", bytes("another value"), { cause: alice });
    }
    const content = readFileSync(path);
    const at = content.indexOf("the value that was written");
    content[at] = "T".charCodeAt(0);
    writeFileSync(path, content);

    await using bench = await setUpAt(path);
    const corrupt = { reason: "Corrupt" };
    expect(await rejection(bench.store.get("/wrong"))).toMatchObject(corrupt);
    expect(await rejection(bench.store.list({ prefix: "/" }))).toMatchObject(corrupt);
    expect(await bench.watch("/", 0 as Revision).ended).toMatchObject(corrupt);
    expect(text((await bench.store.get("/right"))?.value)).toBe("another value");
    // It can be replaced, which is the way out.
    const repaired = await bench.store.update("/wrong", bytes("new"), { cause: alice, expected: revision });
    expect(text((await bench.store.get("/wrong"))?.value)).toBe("new");
    expect(repaired).toBe(revision + 2);
  });
});
