import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cluster } from "@kubets/testkit";
import { realKubectls, run } from "@kubets/testkit/real-kubectl";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { summary, withMachine } from "./testing/machine.ts";

const kubectls = realKubectls().map((path) => [path.slice(path.lastIndexOf("/") + 1), path] as const);

describe.skipIf(kubectls.length === 0)("what Pods use, by a real kubectl", () => {
  let cluster: Cluster;
  let folder: string;
  beforeAll(async () => {
    cluster = await withMachine({ summary, asked: 0 }, { clock: "system" });
    folder = mkdtempSync(join(tmpdir(), "kubets-top-"));
    writeFileSync(join(folder, "kubeconfig"), await cluster.kubeconfig);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test.each(kubectls)("%s shows it", async (_name, kubectl) => {
    const k = (...args: readonly string[]): Promise<string> => run(kubectl, args, join(folder, "kubeconfig"));
    expect(await k("top", "pods", "--no-headers")).toMatch(/^db +1m +0Mi *\nweb +1m +0Mi *\n$/);
    expect(await k("top", "pods", "--containers", "--no-headers", "-l", "app=web")).toMatch(/^web +main +1m +0Mi *\n$/);
    expect(await k("get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes/n1")).toContain('"cpu":"250000000n"');
    expect(await k("api-resources", "--api-group=metrics.k8s.io", "-o", "name")).toBe("nodes.metrics.k8s.io\npods.metrics.k8s.io\n");
  });
});
