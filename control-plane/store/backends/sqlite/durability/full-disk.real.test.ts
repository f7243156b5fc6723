import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Revision } from "../../../store.ts";
import { alice, rejection, setUp } from "../../../testing/harness.ts";
import { createSqliteStore } from "../index.ts";

const mountPoint = mkdtempSync(join(tmpdir(), "kubets-full-"));
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "kubets-test", mountPoint]).status === 0;
afterAll(() => {
  if (mounted) spawnSync("umount", [mountPoint]);
  rmSync(mountPoint, { recursive: true });
});

describe.skipIf(!mounted)(mounted ? "a full disk" : "a small disk can't be mounted without root", () => {
  test("is answered with Unavailable, keeps what was acknowledged, and is over when there is room", async () => {
    const ballast = join(mountPoint, "ballast");
    const path = join(mountPoint, "store.db");
    writeFileSync(ballast, new Uint8Array(2 * 2 ** 20));
    await using bench = await setUp((settings) => createSqliteStore({ ...settings, path }));
    const { store } = bench;
    const value = new Uint8Array(50_000).fill(7);
    const acknowledged: Revision[] = [];
    let refusal: Record<string, unknown> | undefined;
    for (let index = 0; refusal === undefined; index++) {
      try {
        acknowledged.push(await store.create(`/${index}`, value, { cause: alice }));
      } catch (error) {
        refusal = await rejection(Promise.reject(error));
        expect(error).toMatchObject({ message: "Cannot write to the store: no room is left on the disk", outcomeUnknown: false });
      }
    }
    expect(refusal).toMatchObject({ reason: "Unavailable" });
    const last = acknowledged.at(-1)!;
    // Still full, still the same answer; what was there is read.
    expect(await rejection(store.create("/again", value, { cause: alice }))).toMatchObject({ reason: "Unavailable" });
    expect((await store.list({ prefix: "/" })).entries).toHaveLength(acknowledged.length);
    expect(await store.currentRevision()).toBe(last);

    rmSync(ballast);
    expect(await store.create("/again", value, { cause: alice })).toBe(last + 1);
    await store.close();
    await using reopened = await setUp((settings) => createSqliteStore({ ...settings, path }));
    expect((await reopened.store.list({ prefix: "/" })).entries).toHaveLength(acknowledged.length + 1);
  });
});
