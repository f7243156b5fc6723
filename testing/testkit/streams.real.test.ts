import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cluster, Program } from "./index.ts";
import { realKubectls } from "./real-kubectl.ts";
import { startCluster } from "./start-cluster.ts";

// Port-forward, exec and attach to containers that are functions, by every real kubectl of this machine: over SPDY, and within websockets
// where the client speaks them.
const kubectls = realKubectls().map((path) => [path.slice(path.lastIndexOf("/") + 1), path] as const);
if (kubectls.length === 0) console.warn("No kubectl on this machine: streams by a real kubectl did not run");

const program: Program = {
  http: ({ method, target, body }) => ({ body: `${method} ${target} ${new TextDecoder().decode(body)}` }),
  exec: async ({ command: [name, ...rest], stdin }) => {
    if (name === "cat") return { stdout: (await stdin()).toUpperCase() };
    return name === "echo" ? { stdout: `${rest.join(" ")}\n`, stderr: "aside\n" } : { stderr: `${name}?\n`, exitCode: 7 };
  },
  logs: [
    { at: 0, text: "first" },
    { at: 2_500, text: "last" },
  ],
  runFor: 4_000,
};
const echo: Program = {
  async tcp({ readable, write }) {
    for await (const bytes of readable) await write(bytes);
  },
};

describe.skipIf(kubectls.length === 0)("containers that are functions, by a real kubectl", () => {
  let cluster: Cluster;
  let folder: string;
  beforeAll(async () => {
    const { runFor: _, ...web } = program;
    cluster = await startCluster({
      clock: "system",
      programs: [({ container }) => ({ "web:1": web, "echo:1": echo, "short:1": program })[container.image!]],
    });
    folder = mkdtempSync(join(tmpdir(), "kubets-streams-"));
    writeFileSync(join(folder, "kubeconfig"), await cluster.kubeconfig);
    for (const name of ["web", "echo"]) await cluster.apply(podOf(name));
    await run(kubectls[0]![1], ["wait", "pod", "--all", "--for=condition=Ready"]);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  const podOf = (name: string, image = name): string =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      spec: { restartPolicy: "Never", containers: [{ name: "main", image: `${image}:1` }] },
    });
  const environment = (): NodeJS.ProcessEnv => ({
    PATH: process.env["PATH"] ?? "",
    HOME: dirname(join(folder, "kubeconfig")),
    KUBECONFIG: join(folder, "kubeconfig"),
  });
  const run = (kubectl: string, args: readonly string[], input = ""): Promise<{ code: number | null; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const child = spawn(kubectl, args, { env: environment(), timeout: 60_000 });
      const [stdout, stderr]: [string[], string[]] = [[], []];
      child.stdout.on("data", (piece: Buffer) => stdout.push(String(piece)));
      child.stderr.on("data", (piece: Buffer) => stderr.push(String(piece)));
      child.once("close", (code) => resolve({ code, stdout: stdout.join(""), stderr: stderr.join("") }));
      child.stdin.end(input);
    });
  /** Gives `use` a local port that leads to one of a Pod. */
  const forwarded = async <Value>(kubectl: string, pod: string, port: number, use: (local: number) => Promise<Value>): Promise<Value> => {
    const child = spawn(kubectl, ["port-forward", `pod/${pod}`, `:${port}`], { env: environment() });
    const closed = new Promise((resolve) => child.once("close", resolve));
    try {
      const line = await new Promise<string>((resolve, reject) => {
        child.stdout.once("data", (piece: Buffer) => resolve(String(piece)));
        child.stderr.once("data", (piece: Buffer) => reject(new Error(String(piece))));
      });
      return await use(Number(/127\.0\.0\.1:(\d+)/.exec(line)![1]));
    } finally {
      child.kill("SIGINT");
      await closed;
    }
  };

  test.each(kubectls)("%s forwards ports to a function that answers requests, and to one that takes bytes", async (_name, kubectl) => {
    const answers = await forwarded(kubectl, "web", 8080, (port) =>
      Promise.all(
        ["a", "b", "c"].map(async (path) => (await fetch(`http://127.0.0.1:${port}/${path}`, { method: "POST", body: path })).text()),
      ),
    );
    expect(answers).toEqual(["POST /a a", "POST /b b", "POST /c c"]);
    const large = Buffer.alloc(1_000_000, "0123456789");
    const echoed = await forwarded(kubectl, "echo", 7, async (port) => {
      const socket = connect(port, "127.0.0.1");
      socket.end(large);
      const pieces: Buffer[] = [];
      for await (const piece of socket) pieces.push(piece as Buffer);
      return Buffer.concat(pieces);
    });
    expect(echoed.equals(large)).toBe(true);
  });

  test.each(kubectls)("%s runs commands, feeds them, and passes on how they end", async (_name, kubectl) => {
    expect(await run(kubectl, ["exec", "web", "--", "echo", "hello"])).toMatchObject({ code: 0, stdout: "hello\n", stderr: "aside\n" });
    expect(await run(kubectl, ["exec", "-i", "web", "--", "cat"], "some input\n")).toMatchObject({ code: 0, stdout: "SOME INPUT\n" });
    expect(await run(kubectl, ["exec", "web", "--", "nonsense"])).toEqual({
      code: 7,
      stdout: "",
      stderr: "nonsense?\ncommand terminated with exit code 7\n",
    });
  });

  // It takes its time: the oldest speaks SPDY, the newest websockets.
  test.each([kubectls[0]!, kubectls.at(-1)!])("%s attaches to what a container goes on to write, until it ends", async (name, kubectl) => {
    const pod = `short-${name.replaceAll(/\W/g, "-")}`;
    await cluster.apply(podOf(pod, "short"));
    await run(kubectl, ["wait", `pod/${pod}`, "--for=condition=Ready"]);
    expect(await run(kubectl, ["attach", pod])).toMatchObject({ code: 0, stdout: "last\n" });
  });
});
