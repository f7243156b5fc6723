import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realKubectls, run } from "./real-kubectl.ts";
import { type Cluster, startCluster } from "./start-cluster.ts";

const kubectls = realKubectls().map((path) => [path.slice(path.lastIndexOf("/") + 1), path] as const);

const manifest = (replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - { name: web, image: web:1, ports: [{ containerPort: 80 }] }
`;

describe.skipIf(kubectls.length === 0)("server-side apply, by a real kubectl", () => {
  let cluster: Cluster;
  let folder: string;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 0, clock: "system" });
    folder = mkdtempSync(join(tmpdir(), "kubets-apply-"));
    writeFileSync(join(folder, "kubeconfig"), await cluster.kubeconfig);
    writeFileSync(join(folder, "two.yaml"), manifest(2));
    writeFileSync(join(folder, "four.yaml"), manifest(4));
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test.each(kubectls)("%s applies, meets conflicts, forces, and takes over what it applied on its own side", async (name, kubectl) => {
    const namespace = name.replaceAll(".", "-");
    const call = (...args: readonly string[]): Promise<string> => run(kubectl, ["-n", namespace, ...args], join(folder, "kubeconfig"));
    const apply = (file: string, ...more: readonly string[]): Promise<string> =>
      call("apply", "--server-side", "-f", join(folder, `${file}.yaml`), ...more);
    const managers = (): Promise<string> =>
      call(
        "get",
        "deploy",
        "web",
        "--show-managed-fields",
        "-o",
        "jsonpath={range .metadata.managedFields[*]}{.manager}/{.operation} {end}",
      );

    await call("create", "namespace", namespace);
    expect(await apply("two")).toBe("deployment.apps/web serverside-applied\n");
    const generation = await call("get", "deploy", "web", "-o", "jsonpath={.metadata.generation}");
    await apply("two");
    expect(await call("get", "deploy", "web", "-o", "jsonpath={.metadata.generation}")).toBe(generation);

    await call("patch", "deploy", "web", "--type=merge", "-p", '{"spec":{"replicas":3}}');
    await expect(apply("four")).rejects.toThrow('conflict with "kubectl-patch" using apps/v1: .spec.replicas');
    await expect(apply("four", "--field-manager=other")).rejects.toThrow("Apply failed with 1 conflict");
    await apply("four", "--force-conflicts");
    expect(await managers()).toContain("kubectl/Apply");
    expect(await managers()).not.toContain("kubectl-patch");
    await call("delete", "deploy", "web", "--wait");

    await call("apply", "-f", join(folder, "two.yaml"));
    await apply("four");
    expect(await call("get", "deploy", "web", "-o", "jsonpath={.spec.replicas}")).toBe("4");
    expect(await managers()).not.toContain("kubectl-client-side-apply");
    expect(await call("apply", "view-last-applied", "deploy", "web")).toContain("replicas: 4");
    await call("delete", "namespace", namespace, "--wait=false");
  });
});
