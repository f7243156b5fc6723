import { execFile, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { busyboxImage, echoImage } from "@kubets/images";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubectl, type RealCluster, realCluster, whyNoRealCluster } from "./real-cluster.ts";
import { onTerminal, type Terminal } from "./terminal.ts";

// What a person does with a container by hand, on a real node: once with a real kubectl, once with ours.

const obstacle = whyNoRealCluster();
if (obstacle !== undefined) console.warn(`Terminals and streams on a real node were not tried: ${obstacle}`);

const run = promisify(execFile);
const manifest = `
apiVersion: v1
kind: Pod
metadata: { name: shell, labels: { app: shell } }
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - { name: sh, image: "busybox:1" }
---
apiVersion: v1
kind: Pod
metadata: { name: desk }
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - { name: sh, image: "busybox:1", command: [sh], stdin: true, tty: true }
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - { name: web, image: "echo:1", ports: [{ containerPort: 8080, name: http }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
---
apiVersion: v1
kind: Pod
metadata: { name: speaker }
spec:
  restartPolicy: Never
  containers:
  - { name: main, image: "busybox:1", command: [sh, -c, "for i in 1 2 3; do echo line $i; done; echo aside >&2"] }
`;

/** A command for a terminal's shell that goes on with `echo` once it has this size, which goes another way than what is typed: it may come after it. */
function untilSizeIs(size: string): string {
  return `until [ "$(stty size)" = "${size}" ]; do sleep 0.1; done; echo`;
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
}

describe.skipIf(obstacle !== undefined)("on a real node", () => {
  let cluster: RealCluster;
  const runWithInput = ([program, ...args]: readonly string[], input: string): Promise<Outcome> =>
    new Promise((resolve) => {
      const child = spawn(program!, args, { env: cluster.environment, stdio: ["pipe", "pipe", "inherit"] });
      let stdout = "";
      child.stdout.on("data", (bytes: Buffer) => (stdout += String(bytes)));
      child.once("close", (code) => resolve({ code, stdout }));
      child.stdin.end(input);
    });
  beforeAll(async () => {
    cluster = realCluster({ name: "streams", port: 17_444 });
    await cluster.up();
    await cluster.loadImages({ "docker.io/library/busybox:1": busyboxImage(), "docker.io/library/echo:1": echoImage() });
    writeFileSync(join(cluster.folder, "streams.yaml"), manifest);
    await cluster.k("apply", "-f", join(cluster.folder, "streams.yaml"));
    await cluster.k("wait", "pod/shell", "pod/desk", "pod/web", "--for=condition=Ready", "--timeout=60s");
    await cluster.until("the speaker has ended", async () => {
      return (await cluster.k("get", "pod", "speaker", "-o", "jsonpath={.status.phase}")) === "Succeeded";
    });
  }, 180_000);
  afterAll(() => cluster.purge(), 120_000);

  describe.each(["a real kubectl", "our kubectl"] as const)("%s", (which) => {
    const words = (...args: readonly string[]): readonly string[] =>
      which === "our kubectl" ? [...cluster.ownKubectl, ...args] : [kubectl!, ...args];
    const k = async (...args: readonly string[]): Promise<string> => {
      const [program, ...rest] = words(...args);
      return (await run(program!, rest, { env: cluster.environment, timeout: 60_000 })).stdout;
    };
    const terminal = (...args: readonly string[]): Terminal =>
      onTerminal(words(...args), { rows: 40, columns: 100, environment: cluster.environment });
    /** Runs it with this as its input. */
    const withInput = (input: string, ...args: readonly string[]): Promise<Outcome> => runWithInput(words(...args), input);

    test("exec -it is a terminal: what is typed is shown, its size follows the window, the exit code comes back", async () => {
      await using shell = terminal("exec", "-it", "shell", "--", "sh");
      await shell.shows(/# /);
      shell.type(`tty; ${untilSizeIs("40 100")} siz""ed\n`);
      await shell.shows(/tty; until/);
      await shell.shows(/\/dev\/pts\/0/);
      await shell.shows(/sized/);
      await shell.resize(50, 132);
      shell.type(`${untilSizeIs("50 132")} fol""lowed\n`);
      await shell.shows(/followed/);
      shell.type('echo beg""un; sleep 1000\n');
      await shell.shows(/begun/);
      // Ctrl-C is the container's, not kubectl's.
      shell.type("\u0003");
      await shell.shows(/# /);
      shell.type("exit 7\n");
      expect(await shell.ended).toBe(7);
    });

    test("debug -it joins a container with other tools to a running Pod, which sees the processes of the one that is meant", async () => {
      const flags = ["--image=busybox:1", "--profile=general", "--target=sh", "--quiet"];
      await using shell = terminal("debug", "shell", "-it", ...flags, "--", "sh");
      // A prompt that came before somebody watched is shown again.
      shell.type("\n");
      await shell.shows(/# /);
      shell.type("echo pa''rent: $(readlink /proc/1/exe); echo my''self: $$\n");
      await shell.shows(/parent: \S*busybox/);
      const [, pid] = await shell.shows(/myself: (\d+)/);
      expect(pid).not.toBe("1");
      shell.type("exit\n");
      expect(await shell.ended).toBe(0);
    });

    test("attach -it joins the terminal of a running container, and leaves it running", async () => {
      {
        await using desk = terminal("attach", "-it", "desk");
        desk.type(`echo $((6 * 7)); ${untilSizeIs("40 100")} siz""ed\n`);
        await desk.shows(/42/);
        await desk.shows(/sized/);
      }
      expect(await k("get", "pod", "desk", "-o", "jsonpath={.status.containerStatuses[0].restartCount}")).toBe("0");
    });

    test("which container is meant when none is named is said, and what others there are", async () => {
      const [program, ...rest] = words("exec", "shell", "--", "true");
      const { stderr } = await run(program!, rest, { env: cluster.environment });
      expect(stderr).toMatch(/^Defaulted container "sh" out of: sh(, debugger-\w{5} \(ephem\))+\n$/);
    });

    test("exec passes input of any size, both outputs apart, and the exit code", async () => {
      const large = "x".repeat(3_000_000);
      expect(await withInput(large, "exec", "-i", "shell", "--", "head", "-c", "3000000")).toEqual({ code: 0, stdout: large });
      expect(await k("exec", "shell", "--", "sh", "-c", "echo out; echo err >&2")).toBe("out\n");
      await expect(k("exec", "shell", "--", "sh", "-c", "exit 3")).rejects.toMatchObject({ code: 3 });
    });

    test("exec passes the end of its input on", async () => {
      expect(await withInput("one\ntwo\n", "exec", "-i", "shell", "--", "wc", "-l")).toEqual({ code: 0, stdout: "2\n" });
      expect(await withInput("", "exec", "-i", "shell", "--", "cat")).toEqual({ code: 0, stdout: "" });
    });

    test("logs are all there, from the end, and with their times", async () => {
      expect((await k("logs", "speaker")).split("\n").sort()).toEqual(["", "aside", "line 1", "line 2", "line 3"]);
      expect(await k("logs", "speaker", "-f", "--tail=2")).toMatch(/^(line 3|aside)\n/m);
      expect(await k("logs", "speaker", "--timestamps", "--tail=1")).toMatch(/^\d{4}-\d\d-\d\dT\S+Z \S+/);
    });

    test("port-forward leads to the Pod and to the Service's port", async () => {
      for (const target of [
        ["pod/web", ":8080"],
        ["service/web", ":80"],
      ] as const) {
        const [program, ...rest] = words("port-forward", ...target);
        const forward = spawn(program!, rest, { env: cluster.environment });
        try {
          const line = await new Promise<string>((resolve) => forward.stdout.once("data", (chunk: Buffer) => resolve(String(chunk))));
          const [, port] = /127\.0\.0\.1:(\d+)/.exec(line)!;
          const answers = await Promise.all([1, 2, 3].map(async () => (await fetch(`http://127.0.0.1:${port}/hostname`)).text()));
          expect(answers).toEqual(["web\n", "web\n", "web\n"]);
        } finally {
          forward.kill("SIGINT");
        }
      }
    });

    test("cp brings a folder there and back as it was", async () => {
      const folder = mkdtempSync(join(cluster.folder, "papers-"));
      const there = `/tmp/${basename(folder)}`;
      mkdirSync(join(folder, "deep"));
      writeFileSync(join(folder, "a.txt"), "first");
      chmodSync(join(folder, "a.txt"), 0o640);
      writeFileSync(join(folder, "deep", "b.bin"), new Uint8Array(3_000_000).fill(7));
      await k("cp", folder, `shell:${there}`);
      expect(await k("exec", "shell", "--", "stat", "-c", "%a %n", `${there}/a.txt`)).toBe(`640 ${there}/a.txt\n`);
      await k("cp", `default/shell:${there}`, `${folder}-back`, "-c", "sh");
      expect(readFileSync(`${folder}-back/a.txt`, "utf8")).toBe("first");
      expect(readFileSync(`${folder}-back/deep/b.bin`)).toEqual(readFileSync(join(folder, "deep", "b.bin")));
    });
  });

  test("kubectl run -i feeds a container that reads its input once", async () => {
    const flags = ["-i", "--rm", "--quiet", "--restart=Never", "--image=busybox:1"];
    const { code, stdout } = await runWithInput([kubectl!, "run", "counter", ...flags, "--", "sh", "-c", "sleep 1; wc -c"], "12345");
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("5\n") as string });
  });
});
