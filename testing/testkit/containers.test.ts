import { PodKind, ServiceKind } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Cluster } from "./cluster.ts";
import type { Program } from "./index.ts";
import { startCluster } from "./start-cluster.ts";

const images: Readonly<Record<string, Program>> = {
  web: {
    http: ({ method, target, body, port }) =>
      target === "/broken"
        ? Promise.reject(new Error("out of soap"))
        : { status: 201, headers: { "X-Port": `${port}` }, body: { method, target, body: new TextDecoder().decode(body) } },
    exec: async ({ command, stdin }) =>
      command[0] === "cat" ? { stdout: (await stdin()).toUpperCase() } : { stderr: `no ${command.join(" ")} here\n`, exitCode: 3 },
    logs: [
      { at: 0, text: "starting" },
      { at: 1000, text: "odd", stream: "stderr" },
      { at: 5000, text: "serving" },
    ],
    usage: (running) => ({ cpu: "250m", memory: running > 60_000 ? "64Mi" : "32Mi" }),
  },
  silent: {},
  short: { runFor: 2000, exitCode: 1, logs: [{ at: 100, text: "I fail" }] },
};
const pod = (name: string, image = name): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec: { containers: [{ name: main, image: ${image}, ports: [{ containerPort: 8080 }] }] }
`;

let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster({
    nodes: 1,
    seed: 1,
    startTime: Date.UTC(2027, 0, 1) as Instant,
    programs: [({ container }) => images[container.image ?? ""]],
  });
  await cluster.apply([pod("web"), pod("silent")].join("---"));
  await cluster.settle();
});
afterEach(() => cluster[Symbol.asyncDispose]());

const never = new AbortController().signal;
async function ask(
  target: string,
  { method = "GET", body }: { readonly method?: string; readonly body?: Uint8Array } = {},
): Promise<string> {
  const headers = { "content-type": "application/octet-stream" };
  const answer = await cluster.client.transport.send({ method, target, headers, ...(body === undefined ? {} : { body }) }, never);
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of answer.chunks()) text += decoder.decode(bytes, { stream: true });
  return `${answer.status} ${text}`;
}
const podPath = "/api/v1/namespaces/default/pods";
const message = (answer: string): string => (JSON.parse(answer.slice(4)) as { readonly message: string }).message;

test("a function is what a container answers, through the proxies of its Pod and of its Service", async () => {
  await cluster.client
    .resource(ServiceKind)
    .in("default")
    .create({ metadata: { name: "web" }, spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 as never }] } });
  await cluster.settle();
  const body = new TextEncoder().encode("hello");
  expect([
    await ask(`${podPath}/web:8080/proxy/a?b=c`, { method: "PUT", body }),
    await ask("/api/v1/namespaces/default/services/web/proxy/d"),
  ]).toEqual(['201 {"method":"PUT","target":"/a?b=c","body":"hello"}', '201 {"method":"GET","target":"/d","body":""}']);
});

test("where nothing listens, and where a node can't be reached, the proxy says so", async () => {
  const { podIP } = (await cluster.client.resource(PodKind).in("default").get("silent")).status;
  expect(message(await ask(`${podPath}/silent:8080/proxy/`))).toContain(`dial tcp ${podIP}:8080: connect: connection refused`);
  cluster.controlPlane.simulatedNodes!.node("simulated-0").partition();
  expect(message(await ask(`${podPath}/web:8080/proxy/`))).toContain("connect: no route to host");
  expect(message(await ask(`${podPath}/web/log`))).toContain("connect: no route to host");
});

test("a function that throws is named, and whoever asked hears of it", async () => {
  expect(message(await ask(`${podPath}/web:8080/proxy/broken`))).toContain("out of soap");
  await cluster.settle();
  expect(cluster.failures.map(({ error }) => (error as Error).message)).toEqual([
    'The program of image "web" failed for the container main of Pod default/web: out of soap',
  ]);
});

test("logs are those up to now, of this run or the one before, cut as asked, and followed", async () => {
  await cluster.apply(pod("short"));
  await cluster.settle();
  expect(await ask(`${podPath}/web/log`)).toBe("200 starting\n");
  expect(await ask(`${podPath}/web/log?previous=true`)).toContain(
    String.raw`"message":"previous terminated container \"main\" in pod \"web\" not found","reason":"BadRequest"`,
  );
  const followed = ask(`${podPath}/short/log?follow=true`);
  await cluster.clock.advance("7s");
  expect(await followed).toBe("200 I fail\n");
  expect([
    await ask(`${podPath}/web/log`),
    await ask(`${podPath}/web/log?tailLines=1`),
    await ask(`${podPath}/web/log?stream=Stderr&timestamps=true`),
    await ask(`${podPath}/web/log?sinceSeconds=4`),
    await ask(`${podPath}/web/log?limitBytes=4`),
    await ask(`${podPath}/short/log?previous=true`),
  ]).toEqual([
    "200 starting\nodd\nserving\n",
    "200 serving\n",
    "200 2027-01-01T00:00:01.000000000Z odd\n",
    "200 serving\n",
    "200 star",
    "200 I fail\n",
  ]);
});

/** Runs a command over websockets as kubectl does; what each channel said, and how it ended. */
async function exec(name: string, command: readonly string[], input?: string): Promise<readonly string[]> {
  const words = command.map((word) => `&command=${encodeURIComponent(word)}`).join("");
  const target = `${podPath}/${name}/exec?stdout=true&stderr=true${input === undefined ? "" : "&stdin=true"}${words}`;
  const connection = await cluster.client.transport.connect({ target, protocols: ["v5.channel.k8s.io"] }, never);
  if (input !== undefined) {
    await connection.send(Uint8Array.of(0, ...new TextEncoder().encode(input)));
    await connection.send(Uint8Array.of(255, 0));
  }
  const said = ["", "", "", ""];
  for await (const bytes of connection.messages) said[bytes[0]!] += new TextDecoder().decode(bytes.subarray(1));
  return [said[1]!, said[2]!, said[3]!];
}

test("commands run in a container, with input, output and an exit code", async () => {
  const [output, , success] = await exec("web", ["cat"], "hello");
  expect([output, JSON.parse(success!)]).toEqual(["HELLO", { metadata: {}, status: "Success" }]);
  const [, problem, failure] = await exec("web", ["rm", "-rf"]);
  expect([problem, JSON.parse(failure!)]).toMatchObject([
    "no rm -rf here\n",
    { status: "Failure", reason: "NonZeroExitCode", details: { causes: [{ reason: "ExitCode", message: "3" }] } },
  ]);
  expect((await exec("silent", ["ls"]))[1]).toBe('the program of image "silent" runs no commands\n');
  await cluster.settle();
});

test("kubelets tell of their Pods and of what these use", async () => {
  await cluster.clock.advance("2m");
  const node = "/api/v1/nodes/simulated-0/proxy";
  expect(await ask(`${node}/healthz`)).toBe("200 ok");
  const summary = JSON.parse((await ask(`${node}/stats/summary`)).slice(4)) as { readonly node: object; readonly pods: readonly object[] };
  expect(summary.node).toMatchObject({
    nodeName: "simulated-0",
    cpu: { usageNanoCores: 250_000_000 },
    memory: { workingSetBytes: 64 * 2 ** 20 },
  });
  expect(summary.pods).toHaveLength(2);
  const metrics = await ask(`${node}/metrics/resource`);
  expect(metrics).toContain(`container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} 30 ${cluster.clock.now()}`);
  expect(metrics).toContain('pod_memory_working_set_bytes{namespace="default",pod="web"} 67108864');
  expect(await ask(`${node}/metrics`)).toContain('kubelet_running_containers{container_state="running"} 2');
});
