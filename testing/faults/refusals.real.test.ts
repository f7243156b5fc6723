import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect, type Ending, freePort, runProgram, startProgram } from "./program.ts";

// Where the program can't start it says why in one sentence, ends with an exit code that isn't zero, and leaves things as they were.
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
let home: string;
let data: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kubets-refusals-"));
  chmodSync(home, 0o755);
  data = join(home, "data");
});
afterEach(() => rmSync(home, { recursive: true }));

const up = (...more: readonly string[]): readonly string[] => ["up", "--nodes", "none", "--output", "json", "--data-dir", data, ...more];

describe("one clear sentence, exit code 1, nothing damaged", () => {
  test("when the port is taken, of which a later start with another port knows nothing", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    try {
      expectRefusal(await runProgram(up("--port", `${port}`), home), `Port ${port} of 127.0.0.1 is taken by another program`);
    } finally {
      other.close();
    }
    await using program = startProgram(up("--port", `${await freePort()}`), home);
    await program.ready;
  });

  test("when the data directory is a file", async () => {
    writeFileSync(data, "mine");
    expectRefusal(await runProgram(up(), home), `Cannot use the data directory ${data}`);
    expectRefusal(await runProgram(up("--detach"), home), `Cannot use the data directory ${data}`);
    expect(readFileSync(data, "utf8")).toBe("mine");
  });

  test.each([
    ["cluster.json", '{ "formatVersion": 1, "na', "cluster.json is damaged"],
    ["cluster.json", "{}", "cluster.json is damaged"],
    ["cluster.json", '{ "formatVersion": 99 }', "was written by a newer kubets"],
    ["store.sqlite", "no database", "the file is damaged, or not a database"],
  ])("when %s holds %j", async (name, content, sentence) => {
    mkdirSync(data);
    if (name !== "cluster.json") writeFileSync(join(data, "cluster.json"), settings(await freePort()));
    writeFileSync(join(data, name), content);
    expectRefusal(await runProgram(up(), home), sentence);
    expect(readFileSync(join(data, name), "utf8")).toBe(content);
    expect(readdirSync(data)).not.toContain("running.json");
  });

  test("when another start has the data directory, which goes on undisturbed", async () => {
    await using first = startProgram(up("--port", `${await freePort()}`), home);
    const { kubeconfig } = await first.ready;
    await using api = connect(kubeconfig);
    const before = fingerprint(data);

    expectRefusal(await runProgram(up(), home), `The data directory ${data} is in use by process ${first.pid}`);

    expect(fingerprint(data)).toBe(before);
    expect(await api.call("GET", "/readyz")).toEqual({ status: 200, body: "ok" });
  });

  test("when the port of an existing cluster is another than the one asked for", async () => {
    mkdirSync(data);
    const port = await freePort();
    writeFileSync(join(data, "cluster.json"), settings(port));
    expectRefusal(await runProgram(up("--port", `${await freePort()}`), home), `was made with port ${port}`);
  });

  test("when the kubeconfig can't be written", async () => {
    mkdirSync(join(home, "kubeconfig"));
    expectRefusal(await runProgram(up("--port", `${await freePort()}`), home), join(home, "kubeconfig"));
  });

  test.runIf(isRoot)("when the user may not write to the data directory", async () => {
    mkdirSync(data, { mode: 0o755 });
    expectRefusal(await runProgram(up(), home, { uid: nobody }), `Cannot write to the data directory ${data}: EACCES`);
    expect(readdirSync(data)).toEqual([]);
  });

  test.runIf(isRoot)("when the disk is full", async () => {
    mkdirSync(data);
    using _disk = smallDisk(data, "1m");
    expectRefusal(await runProgram(up(), home), `The disk of the data directory ${data} is full`);
    expect(readdirSync(data)).toEqual([]);
  });
});

test.runIf(isRoot)("a disk that fills up answers errors, and takes writes again when there is room", async () => {
  mkdirSync(data);
  using _disk = smallDisk(data, "48m");
  await using program = startProgram(up("--port", `${await freePort()}`), home);
  const { kubeconfig } = await program.ready;
  await using api = connect(kubeconfig);
  const path = "/api/v1/namespaces/default/configmaps";
  const create = (name: string): ReturnType<typeof api.call> =>
    api.call("POST", path, { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { filling: "x".repeat(200_000) } });

  expect((await create("before")).status).toBe(201);
  fill(join(data, "ballast"));
  const answers = [];
  for (let count = 0; count < 5; count++) answers.push(await create(`during-${count}`));
  const refused = answers.findLast(({ status }) => status >= 500);
  expect(refused).toMatchObject({ body: { kind: "Status", status: "Failure" } });
  expect((await api.call("GET", `${path}/before`)).status).toBe(200);

  rmSync(join(data, "ballast"));
  await expect
    .poll(async () => (await create("after")).status, { timeout: 15_000, interval: 200 })
    .toSatisfy((status) => status === 201 || status === 409);
  const kept = answers.flatMap(({ status }, count) => (status === 201 ? [`during-${count}`] : []));
  for (const name of ["before", ...kept, "after"]) expect((await api.call("GET", `${path}/${name}`)).status).toBe(200);
});

test("a wrong option is said, with exit code 2", async () => {
  expect(await runProgram(["up", "--nodes", "many"], home)).toMatchObject({ code: 2, stderr: expect.stringContaining("--nodes many") });
  expect(await runProgram(["up", "--port", "0"], home)).toMatchObject({ code: 2, stderr: expect.stringContaining("port 0") });
  expect(await runProgram(["upp"], home)).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown command 'upp'") });
});

function expectRefusal({ code, stdout, stderr }: Ending, sentence: string): void {
  const lines = stderr.trimEnd().split("\n");
  const [last = ""] = lines.splice(-1);
  expect({ code, stdout, last }).toEqual({ code: 1, stdout: "", last: expect.stringMatching(/^kubets: /) });
  expect(last).toContain(sentence);
  // Before it at most what was begun, and never a stack trace.
  for (const line of lines) expect(line).toMatch(/^(Making|Starting) cluster /);
}

function settings(apiPort: number): string {
  return JSON.stringify({ formatVersion: 1, name: "default", apiPort, podRange: "10.244.0.0/16", serviceRange: "10.96.0.0/12" });
}

/** Of the files that a start could damage; the store's own change all the time. */
function fingerprint(folder: string): string {
  const hash = createHash("sha256");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => !name.startsWith("store.sqlite") && !name.endsWith(".log"),
  );
  for (const name of names.sort()) {
    hash.update(`${name}\n`);
    if (statSync(join(folder, name)).isFile()) hash.update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex");
}

/** A disk in memory, mounted until disposed. */
function smallDisk(folder: string, size: string): Disposable {
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder], { encoding: "utf8" });
  if (mount.status !== 0) throw new Error(`Cannot mount a tmpfs: ${mount.stderr}`);
  return { [Symbol.dispose]: () => void spawnSync("umount", ["-l", folder]) };
}

/** Writes until nothing more fits. */
function fill(file: string): void {
  for (const size of [1 << 20, 4096]) {
    for (;;) {
      try {
        writeFileSync(file, new Uint8Array(size), { flag: "a" });
      } catch {
        break;
      }
    }
  }
}
