import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cluster, startCluster } from "@kubets/testkit";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newestKubectl } from "./run-both.ts";

// What `kubectl proxy` of a real kubectl answers, and ours.

const kubectl = newestKubectl();
const program = fileURLToPath(new URL("../node/program.ts", import.meta.url));
let cluster: Cluster;
let folder: string;
beforeAll(async () => {
  if (kubectl === undefined) return;
  cluster = await startCluster();
  folder = await mkdtemp(join(tmpdir(), "kubectl-proxy-"));
  await writeFile(join(folder, "kubeconfig"), await cluster.kubeconfig);
});
afterAll(async () => {
  if (kubectl === undefined) return;
  await cluster[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface RunningProxy extends AsyncDisposable {
  readonly said: string;
  readonly url: string;
}

/** Starts a proxy; it ends with the test. */
async function startProxy(which: "theirs" | "ours", ...flags: readonly string[]): Promise<RunningProxy> {
  const words =
    which === "theirs" ? [kubectl!] : [process.execPath, "--conditions=source", "--disable-warning=ExperimentalWarning", program];
  const [first, ...rest] = [...words, "proxy", "--port=0", ...flags];
  const child = spawn(first!, rest, {
    env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, "kubeconfig") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const said = await new Promise<string>((resolve) => child.stdout.once("data", (text: Buffer) => resolve(String(text))));
  return {
    said,
    url: `http://127.0.0.1:${/:(\d+)\n/.exec(said)![1]}`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGINT");
      await ended;
    },
  };
}

const told = ["content-type", "content-length", "location", "x-content-type-options", "www-authenticate"];

async function ask(url: string, options: Parameters<typeof request>[1] = {}): Promise<object> {
  const { statusCode, headers, body } = await request(url, options);
  const text = await body.text();
  // What is said of another place is nothing that anybody reads.
  if (statusCode === 301) return { statusCode, location: headers["location"] };
  return { statusCode, headers: Object.fromEntries(told.map((name) => [name, headers[name]])), text };
}

const json = { "content-type": "application/json" };
const configMap = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { b: "ü" } });
const requests: readonly (readonly [path: string, options?: Parameters<typeof request>[1]])[] = [
  ["/version"],
  ["/api/v1/namespaces/default"],
  ["/api/v1/namespaces/default?pretty=true"],
  ["/api/v1/namespaces/nope"],
  ["/nope"],
  ["/healthz"],
  ["/api/v1/namespaces/default/configmaps?dryRun=All", { method: "POST", headers: json, body: "not JSON" }],
  ["/api/v1/namespaces/default/pods/a/exec?command=ls"],
  ["/api/v1/namespaces/default/pods/a/exec", { method: "POST" }],
  ["/version", { headers: { host: "evil.example" } }],
  ["//version"],
  ["/api/v1/../v1/namespaces/default"],
];

describe.skipIf(kubectl === undefined)("our kubectl's proxy answers as a real kubectl's", () => {
  test("it is told where it serves, and every request gets the same answer", async () => {
    await using theirs = await startProxy("theirs");
    await using ours = await startProxy("ours");
    expect(ours.said.replace(/\d+\n/, "")).toBe(theirs.said.replace(/\d+\n/, ""));
    for (const [path, options] of requests) {
      expect({ path, answer: await ask(ours.url + path, options) }).toEqual({ path, answer: await ask(theirs.url + path, options) });
    }
  });

  test("with a prefix it serves below that alone", async () => {
    const flags = ["--api-prefix=/custom", "--reject-methods=DELETE"];
    await using theirs = await startProxy("theirs", ...flags);
    await using ours = await startProxy("ours", ...flags);
    for (const [path, options] of [
      ["/custom/version", {}],
      ["/custom/api/v1/namespaces/default/pods/a/exec", {}],
      ["/version", {}],
      ["/custom/api/v1/namespaces/default", { method: "DELETE" }],
    ] as const) {
      expect({ path, answer: await ask(ours.url + path, options) }).toEqual({ path, answer: await ask(theirs.url + path, options) });
    }
  });

  test("writes go through, and a watch tells of them while it is open; Ctrl-C ends it all the same", async () => {
    await using proxy = await startProxy("ours");
    const path = "/api/v1/namespaces/default/configmaps";
    const watch = await request(`${proxy.url}${path}?watch=1&fieldSelector=metadata.name%3Da`);
    const created = await request(proxy.url + path, { method: "POST", headers: json, body: configMap });
    expect({ status: created.statusCode, body: await created.body.json() }).toMatchObject({ status: 201, body: { data: { b: "ü" } } });
    const [first] = await watch.body.setEncoding("utf8").take(1).toArray();
    expect(JSON.parse(String(first).split("\n")[0]!)).toMatchObject({ type: "ADDED", object: { data: { b: "ü" } } });
  });

  test("a port that is taken is said", async () => {
    await using first = await startProxy("ours");
    await expect(startProxyAt(new URL(first.url).port)).resolves.toMatchObject({
      code: 1,
      errors: expect.stringContaining("address already in use") as string,
    });
  });
});

function startProxyAt(port: string): Promise<{ readonly code: number | null; readonly errors: string }> {
  const child = spawn(process.execPath, ["--conditions=source", "--disable-warning=ExperimentalWarning", program, "proxy", `-p${port}`], {
    env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: join(folder, "kubeconfig") },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (text: Buffer) => (errors += String(text)));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, errors })));
}
