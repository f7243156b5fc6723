import { execFile, spawn, type ChildProcessByStdio } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { type Cluster, startCluster } from "@kubets/testkit";
import { realKubectls } from "@kubets/testkit/real-kubectl";
import { afterAll, beforeAll, expect, test as anyTest } from "vitest";

/** How a command ended, and what it said. */
export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

/** A cluster with simulated nodes whose only client is a real kubectl, over HTTPS. */
export interface KubectlCluster {
  /** Answers standard output. Rejects with all that was said when it fails. */
  k(...args: readonly string[]): Promise<string>;
  /** However it ends. */
  outcome(...args: readonly string[]): Promise<Outcome>;
  /** Leaves it running; it ends with the test file. */
  start(...args: readonly string[]): ChildProcessByStdio<null, Readable, null>;
  /** A new namespace with a name of its own. */
  namespace(): Promise<string>;
  /** The path of a new file with this text. */
  file(name: string, text: string): string;
  /** Resolves when the check passes. Rejects with what was wrong last when it still doesn't after 30 s. */
  until(check: () => Promise<void>): Promise<void>;
  readonly folder: string;
  readonly url: Promise<string>;
}

const kubectl = realKubectls().at(-1);
if (kubectl === undefined) console.warn("Behaviours of kubectl were not looked at: there is none on this machine");

/** Runs where there is a real kubectl; elsewhere it is skipped visibly. */
export const test: typeof anyTest = kubectl === undefined ? (anyTest.skip as typeof anyTest) : anyTest;

/** The cluster of a test file: started before its tests, gone after them. */
export function kubectlCluster(): KubectlCluster {
  const folder = mkdtempSync(join(tmpdir(), "kubets-cli-"));
  const started: ChildProcessByStdio<null, Readable, null>[] = [];
  let cluster: Cluster | undefined;
  let namespaces = 0;
  beforeAll(async () => {
    if (kubectl === undefined) return;
    cluster = await startCluster({ nodes: 2, clock: "system" });
    writeFileSync(join(folder, "kubeconfig"), await cluster.kubeconfig);
  });
  afterAll(async () => {
    await Promise.all(started.map((each) => ended(each)));
    expect(cluster?.failures ?? []).toEqual([]);
    await cluster?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  const outcome: KubectlCluster["outcome"] = (...args) => runKubectl(args, join(folder, "kubeconfig"));
  const k: KubectlCluster["k"] = async (...args) => {
    const { exitCode, output, errors } = await outcome(...args);
    if (exitCode !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${exitCode}: ${errors}${output}`);
    return output;
  };
  return {
    k,
    outcome,
    folder,
    get url() {
      return cluster!.url;
    },
    start(...args) {
      const child = spawn(kubectl!, args, { env: environmentOf(join(folder, "kubeconfig")), stdio: ["ignore", "pipe", "inherit"] });
      started.push(child);
      return child;
    },
    async namespace() {
      const name = `cli-${namespaces++}`;
      await k("create", "namespace", name);
      await cluster!.settle();
      return name;
    },
    file(name, text) {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    async until(check) {
      for (let attempt = 0; ; attempt++) {
        try {
          return await check();
        } catch (error) {
          if (attempt >= 100) throw error;
        }
        await cluster!.settle();
      }
    },
  };
}

function environmentOf(kubeconfig: string): Readonly<Record<string, string>> {
  return { PATH: process.env["PATH"] ?? "", HOME: dirname(kubeconfig), KUBECONFIG: kubeconfig };
}

/** The newest real kubectl, once. */
export function runKubectl(args: readonly string[], kubeconfig: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    execFile(kubectl!, args, { env: environmentOf(kubeconfig), timeout: 60_000 }, (error, output, errors) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve({ exitCode: typeof error?.code === "number" ? error.code : 0, output, errors });
    });
  });
}

async function ended(child: ChildProcessByStdio<null, Readable, null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill();
  await exit;
}
