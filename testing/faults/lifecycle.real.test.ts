import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Api, connect, freePort, isAlive, type Readiness, runProgram, startProgram } from "./program.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kubets-lifecycle-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const path = "/api/v1/namespaces/default/configmaps";
const configMap = (name: string): object => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
const names = async (api: Api): Promise<readonly string[]> => {
  const { body } = await api.call("GET", path);
  const { items } = body as { readonly items: readonly { readonly metadata: { readonly name: string } }[] };
  return items.map(({ metadata }) => metadata.name).filter((name) => name !== "kube-root-ca.crt");
};
const contexts = (): readonly string[] => {
  const file = join(home, "kubeconfig");
  if (!existsSync(file)) return [];
  const { contexts: all } = load(readFileSync(file, "utf8")) as { readonly contexts: readonly { readonly name: string }[] };
  return all.map(({ name }) => name);
};
const upOf = async (name: string, ...more: readonly string[]): Promise<readonly string[]> => [
  ...["up", "--name", name, "--nodes", "none", "--output", "json"],
  ...["--data-dir", join(home, name), "--port", `${await freePort()}`, ...more],
];

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
  test("ends the program within seconds; the objects are there at the next start", async () => {
    const args = await upOf("one");
    {
      await using program = startProgram(args, home);
      await using api = connect((await program.ready).kubeconfig);
      expect((await api.call("POST", path, configMap("kept"))).status).toBe(201);
      const began = performance.now();
      program.kill(signal);
      expect(await program.ended).toMatchObject({ code: 0, signal: null });
      expect(performance.now() - began).toBeLessThan(10_000);
    }
    expect(readdirSync(join(home, "one"))).not.toContain("running.json");

    await using again = startProgram(args, home);
    await using api = connect((await again.ready).kubeconfig);
    expect(await names(api)).toEqual(["kept"]);
  });

  test("ends the program before it is ready, too, and the next start makes of it what it would have been", async () => {
    const args = await upOf("early");
    {
      await using program = startProgram(args, home);
      while (!existsSync(join(home, "early/cluster.json"))) await new Promise(setImmediate);
      program.kill(signal);
      expect(await program.ended).toMatchObject({
        code: 130,
        stdout: "",
        stderr: expect.stringContaining("Stopped before the cluster was ready.") as string,
      });
      expect(readdirSync(join(home, "early"))).not.toContain("running.json");
      expect(contexts()).toEqual([]);
    }
    await using again = startProgram(args, home);
    await using api = connect((await again.ready).kubeconfig);
    expect((await api.call("POST", path, configMap("first"))).status).toBe(201);
  });
});

test("a second signal ends the program at once, whatever it still waits for, and loses nothing", async () => {
  const args = await upOf("twice");
  {
    await using program = startProgram(args, home);
    const { kubeconfig } = await program.ready;
    await using api = connect(kubeconfig);
    expect((await api.call("POST", path, configMap("kept"))).status).toBe(201);
    program.kill("SIGSTOP");
    // Both wait for it when it goes on, so that the second one finds it stopping.
    program.kill("SIGINT");
    program.kill("SIGTERM");
    const began = performance.now();
    program.kill("SIGCONT");
    const { code, stderr } = await program.ended;
    expect(performance.now() - began).toBeLessThan(1_000);
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.not.stringContaining("    at ") as string });
  }
  await using again = startProgram(args, home);
  await using api = connect((await again.ready).kubeconfig);
  expect(await names(api)).toEqual(["kept"]);
});

test("two clusters live side by side: own ports, contexts and objects; one goes, the other stays", async () => {
  await using one = startProgram(await upOf("one"), home);
  await using two = startProgram(await upOf("two"), home);
  const [first, second] = await Promise.all([one.ready, two.ready]);
  await using firstApi = connect(first.kubeconfig);
  await using secondApi = connect(second.kubeconfig);
  await firstApi.call("POST", path, configMap("of-one"));
  await secondApi.call("POST", path, configMap("of-two"));

  expect({ one: await names(firstApi), two: await names(secondApi) }).toEqual({ one: ["of-one"], two: ["of-two"] });
  expect([...contexts()].sort()).toEqual(["kubets-one", "kubets-two"]);

  expect(await runProgram(["down", "--name", "one", "--purge", "--data-dir", join(home, "one")], home)).toMatchObject({ code: 0 });
  expect(await names(secondApi)).toEqual(["of-two"]);
  expect({ contexts: contexts(), folders: readdirSync(home).sort() }).toEqual({
    contexts: ["kubets-two"],
    folders: ["kubeconfig", "two"],
  });
});

test("detached, a cluster is found by status, stopped by down, and leaves nothing after down --purge", async () => {
  const args = await upOf("away");
  const which = ["--name", "away", "--data-dir", join(home, "away")];
  const started = await runProgram([...args, "--detach"], home);
  expect(started).toMatchObject({ code: 0, stderr: "" });
  const { pid, kubeconfig } = JSON.parse(started.stdout) as Readiness;
  await using api = connect(kubeconfig);
  await api.call("POST", path, configMap("kept"));

  const running = await runProgram(["status", ...which, "--output", "json"], home);
  expect({ code: running.code, ...(JSON.parse(running.stdout) as object) }).toMatchObject({ code: 0, exists: true, running: true, pid });

  expect(await runProgram(["down", ...which], home)).toMatchObject({ code: 0 });
  expect(isAlive(pid)).toBe(false);
  const stopped = await runProgram(["status", ...which, "--output", "json"], home);
  expect({ code: stopped.code, ...(JSON.parse(stopped.stdout) as object) }).toMatchObject({ code: 3, exists: true, running: false });

  expect(await runProgram(["down", ...which, "--purge"], home)).toMatchObject({ code: 0 });
  expect({ contexts: contexts(), folders: readdirSync(home) }).toEqual({ contexts: [], folders: ["kubeconfig"] });
  expect(await runProgram(["down", ...which], home)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no cluster "away"'),
  });
});

test.runIf(process.getuid?.() === 0)(
  "a user without rights is told why there is no real node, and gets a simulated one that works",
  async () => {
    const nobody = 65_534;
    chmodSync(home, 0o755);
    const own = join(home, "own");
    mkdirSync(own);
    chownSync(own, nobody, nobody);
    const args = ["up", "--output", "json", "--port", `${await freePort()}`];
    await using program = startProgram(args, own, { uid: nobody });
    const { kubeconfig } = await program.ready;
    expect(kubeconfig).toBe(join(own, ".local/share/kubets/default/kubeconfig"));
    await using api = connect(kubeconfig);
    const { status } = await api.call("POST", "/api/v1/namespaces/default/pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "web" },
      spec: { containers: [{ name: "web", image: "web:1" }] },
    });
    expect(status).toBe(201);
    const phase = async (): Promise<unknown> => {
      const { body } = await api.call("GET", "/api/v1/namespaces/default/pods/web");
      return (body as { readonly status: { readonly phase: string } }).status.phase;
    };
    await expect.poll(phase, { timeout: 30_000, interval: 100 }).toBe("Running");
    program.kill("SIGTERM");
    const { code, stderr } = await program.ended;
    expect(code).toBe(0);
    expect(stderr.split("\n").filter((line) => line.startsWith("No real node: "))).toEqual([
      expect.stringContaining("containers need root"),
    ]);
  },
);
