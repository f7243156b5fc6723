import { execFile, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort, type Program, startProgram } from "@kubets/faults/program";
import { realKubectls } from "@kubets/testkit/real-kubectl";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { watchRoll } from "./roll.ts";

// The walk of a user who has no rights on the machine: the same program, the same kubectl, a simulated node.

const kubectl = realKubectls().at(-1);
const obstacle =
  process.getuid?.() !== 0
    ? "only root can become another user"
    : kubectl === undefined
      ? "there is no kubectl on this machine"
      : undefined;
if (obstacle !== undefined) console.warn(`The walk without root did not run: ${obstacle}`);

const run = promisify(execFile);
const nobody = 65_534;
const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  selector: { matchLabels: { app: web } }
  template:
    metadata:
      labels: { app: web }
      annotations:
        simulated.kubets.dev/ready: "true"
        simulated.kubets.dev/live: "true"
        simulated.kubets.dev/answer: hello
        simulated.kubets.dev/logs: listening on 8080
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: echo:1
        ports: [{ containerPort: 8080, name: http }]
        startupProbe: { tcpSocket: { port: http }, periodSeconds: 1, failureThreshold: 30 }
        readinessProbe: { httpGet: { path: /healthz, port: http }, periodSeconds: 1 }
        livenessProbe: { exec: { command: [test, -e, /www/alive] }, periodSeconds: 1, failureThreshold: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  selector: { app: web }
  ports: [{ port: 80, targetPort: http }]
`;

describe.skipIf(obstacle !== undefined)("a user without rights", () => {
  let home: string;
  let args: readonly string[];
  let program: Program;
  const environment = (): Readonly<Record<string, string>> => ({
    PATH: process.env.PATH ?? "",
    HOME: home,
    KUBECONFIG: join(home, "kubeconfig"),
  });
  const k = async (...words: readonly string[]): Promise<string> =>
    (await run(kubectl!, words, { uid: nobody, gid: nobody, env: environment(), cwd: home, timeout: 90_000 })).stdout;
  const until = (what: () => Promise<unknown>, is: unknown): Promise<void> =>
    expect.poll(what, { timeout: 30_000, interval: 100 }).toEqual(is);
  const podField = (path: string): Promise<string> => k("get", "pods", "-l", "app=web", "-o", `jsonpath={.items[*]${path}}`);
  const readyEndpoints = async (): Promise<number> => {
    const path = "jsonpath={.items[0].endpoints[?(@.conditions.ready==true)].targetRef.name}";
    const names = await k("get", "endpointslices", "-l", "kubernetes.io/service-name=web", "-o", path);
    return names.split(" ").filter((each) => each !== "").length;
  };

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "kubets-without-root-"));
    chmodSync(home, 0o755);
    const own = join(home, "own");
    mkdirSync(own);
    chownSync(own, nobody, nobody);
    home = own;
    writeFileSync(join(home, "web.yaml"), manifest, { mode: 0o644 });
    args = ["up", "--output", "json", "--port", `${await freePort()}`];
    program = startProgram(args, home, { uid: nobody });
    await program.ready;
  }, 60_000);
  afterAll(async () => {
    await program[Symbol.asyncDispose]();
    rmSync(join(home, ".."), { recursive: true });
  });

  test("applies a Deployment with probes and a Service, which becomes ready and is reached through the API", async () => {
    await k("apply", "-f", "web.yaml");
    await k("rollout", "status", "deployment/web", "--timeout=60s");
    await until(readyEndpoints, 3);
    expect(await k("get", "--raw", "/api/v1/namespaces/default/services/web:80/proxy/")).toBe("hello");
    expect(await k("get", "deployment", "web", "-o", "wide")).toMatch(/^web +3\/3 +3 +3 +\w+ +web +echo:1 +app=web$/m);
    expect(await k("describe", "deployment", "web")).toContain("3 desired | 3 updated | 3 total | 3 available | 0 unavailable");
    expect(await k("get", "nodes", "--no-headers")).toMatch(/ Ready /);
  });

  test("reads logs, is told that there is nothing to run commands in, and forwards a port", async () => {
    const [pod] = (await podField(".metadata.name")).split(" ");
    expect(await k("logs", pod!)).toBe("listening on 8080\n");
    await expect(k("exec", pod!, "--", "ls")).rejects.toMatchObject({
      code: 127,
      stderr: expect.stringContaining('the program of image "echo:1" runs no commands') as string,
    });
    const forward = spawn(kubectl!, ["port-forward", "service/web", ":80"], { uid: nobody, gid: nobody, env: environment() });
    const ended = new Promise((resolve) => forward.once("exit", resolve));
    try {
      const line = await new Promise<string>((resolve) => forward.stdout.once("data", (chunk: Buffer) => resolve(String(chunk))));
      const [, port] = /127\.0\.0\.1:(\d+)/.exec(line)!;
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("hello");
    } finally {
      forward.kill();
      await ended;
    }
  });

  test("sees a Pod that isn't ready leave the Service, and one that isn't alive restart", async () => {
    const [first, second] = (await podField(".metadata.name")).split(" ");
    await k("annotate", "pod", first!, "simulated.kubets.dev/ready=false", "--overwrite");
    await until(readyEndpoints, 2);
    await k("annotate", "pod", second!, "simulated.kubets.dev/live=false", "--overwrite");
    const restarts = (): Promise<string> => k("get", "pod", second!, "-o", "jsonpath={.status.containerStatuses[0].restartCount}");
    await until(restarts, "1");
    await k("annotate", "pod", second!, "simulated.kubets.dev/live=true", "--overwrite");
    await k("annotate", "pod", first!, "simulated.kubets.dev/ready=true", "--overwrite");
    await until(readyEndpoints, 3);
  });

  test("rolls an image within maxSurge and maxUnavailable, and back", async () => {
    const roll = await watchRoll(k, "app=web");
    await k("set", "image", "deployment/web", "web=echo:2");
    await k("rollout", "status", "deployment/web", "--timeout=60s");
    const steps = await roll.steps();
    expect({
      most: Math.max(...steps.map(({ kept }) => kept)),
      fewestReady: Math.min(...steps.map(({ ready }) => ready)),
      last: steps.at(-1),
    }).toEqual({ most: 4, fewestReady: 3, last: { kept: 3, ready: 3, images: ["echo:2"] } });
    expect(await k("rollout", "history", "deployment/web")).toMatch(/^1 +<none>\n2 +<none>$/m);
    await k("rollout", "undo", "deployment/web", "--to-revision=1");
    await k("rollout", "status", "deployment/web", "--timeout=60s");
    await until(() => podField(".spec.containers[0].image"), "echo:1 echo:1 echo:1");
  });

  test("scales, labels, annotates, and deletes with each cascade", async () => {
    await k("scale", "deployment/web", "--replicas=5");
    await until(readyEndpoints, 5);
    await k("scale", "deployment/web", "--replicas=3");
    await until(readyEndpoints, 3);
    const [pod] = (await podField(".metadata.name")).split(" ");
    expect(await k("label", "pod", pod!, "app=alone", "--overwrite")).toBe(`pod/${pod} labeled\n`);
    await until(readyEndpoints, 3);
    await k("delete", "pod", pod!);
    await k("annotate", "deployment", "web", "kubernetes.io/change-cause=why not");
    await until(async () => (await k("rollout", "history", "deployment/web")).includes("why not"), true);

    const left = (): Promise<string> => k("get", "deployments,replicasets,pods", "-l", "app=short", "-o", "name");
    const create = async (): Promise<void> => {
      await k("create", "deployment", "short", "--image=echo:1");
      await k("rollout", "status", "deployment/short", "--timeout=60s");
    };
    await create();
    await k("delete", "deployment", "short", "--cascade=orphan");
    expect(await left()).toMatch(/^replicaset.apps\/short-\S+\npod\/short-\S+\n$/);
    await create();
    await k("delete", "deployment", "short", "--cascade=background");
    await until(left, "");
    await create();
    await k("delete", "deployment", "short", "--cascade=foreground");
    expect(await left()).toBe("");
  });

  test("finds everything as it was after Ctrl-C, and after kill -9", async () => {
    const before = await podField(".metadata.uid");
    for (const [signal, code] of [
      ["SIGINT", 0],
      ["SIGKILL", null],
    ] as const) {
      program.kill(signal);
      const ending = await program.ended;
      expect({ code: ending.code, said: ending.stderr.split("\n").filter((line) => line.startsWith("No real node: ")) }).toEqual({
        code,
        said: [expect.stringContaining("containers need root")],
      });
      program = startProgram(args, home, { uid: nobody });
      await program.ready;
      await k("rollout", "status", "deployment/web", "--timeout=60s");
      expect(await podField(".metadata.uid")).toBe(before);
      await until(readyEndpoints, 3);
    }
  });

  test("deletes a namespace with all that is in it", async () => {
    await k("create", "namespace", "gone");
    await k("-n", "gone", "apply", "-f", "web.yaml");
    await k("-n", "gone", "rollout", "status", "deployment/web", "--timeout=60s");
    await k("delete", "namespace", "gone", "--timeout=60s");
    const left = [
      "deployments",
      "replicasets",
      "pods",
      "services",
      "endpoints",
      "endpointslices",
      "configmaps",
      "serviceaccounts",
      "events",
    ];
    expect(await k("get", left.join(","), "-n", "gone", "-o", "name")).toBe("");
  });
});
