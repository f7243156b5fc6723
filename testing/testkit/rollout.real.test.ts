import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realKubectls, run } from "./real-kubectl.ts";
import type { Cluster } from "./cluster.ts";
import { startCluster } from "./start-cluster.ts";

// One walk, by every real kubectl that this machine has, over HTTPS and on a clock that runs.
const kubectls = realKubectls().map((path) => [path.slice(path.lastIndexOf("/") + 1), path] as const);

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: web
        image: web:1
        ports: [{ containerPort: 8080, name: http }]
        readinessProbe: { httpGet: { path: /, port: http } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: http }]
`;

describe.skipIf(kubectls.length === 0)("a Deployment, by a real kubectl", () => {
  let cluster: Cluster;
  let folder: string;
  beforeAll(async () => {
    cluster = await startCluster({ nodes: 2, clock: "system" });
    folder = mkdtempSync(join(tmpdir(), "kubets-walk-"));
    writeFileSync(join(folder, "kubeconfig"), await cluster.kubeconfig);
    writeFileSync(join(folder, "web.yaml"), manifest);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  // Each in a namespace of its own; they wait more than they compute.
  test.concurrent.each(kubectls)("%s walks from apply to an emptied namespace", async (_name, kubectl) => {
    const version = kubectl.split("kubectl").at(-1)!.replaceAll(".", "-");
    const namespace = `walk${version}`;
    const k = async (...args: readonly string[]): Promise<string> => run(kubectl, ["-n", namespace, ...args], join(folder, "kubeconfig"));

    await k("create", "namespace", namespace);
    expect(await k("apply", "-f", join(folder, "web.yaml"))).toBe("deployment.apps/web created\nservice/web created\n");
    expect(await k("apply", "-f", join(folder, "web.yaml"))).toBe("deployment.apps/web unchanged\nservice/web unchanged\n");
    expect(await k("rollout", "status", "deployment/web", "--timeout=30s")).toContain('deployment "web" successfully rolled out');
    expect(await k("get", "deployment", "web", "--no-headers")).toMatch(/^web +3\/3 +3 +3 +\d+s\n$/);
    expect((await k("get", "pods", "-o", "wide", "--no-headers")).split("\n").filter((line) => / 1\/1 +Running /.test(line))).toHaveLength(
      3,
    );
    const slice = JSON.parse(await k("get", "endpointslices", "-o", "json")) as { items: { endpoints: unknown[] }[] };
    expect(slice.items[0]!.endpoints).toHaveLength(3);

    await k("set", "image", "deployment/web", "web=web:2");
    await k("rollout", "status", "deployment/web", "--timeout=30s");
    expect(await k("get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}")).toBe("web:2 web:2 web:2");
    expect(await k("rollout", "history", "deployment/web")).toMatch(/1 .*\n2 /);
    await k("rollout", "undo", "deployment/web", "--to-revision=1");
    await k("rollout", "status", "deployment/web", "--timeout=30s");
    expect(await k("get", "deployment", "web", "-o", "jsonpath={.spec.template.spec.containers[0].image}")).toBe("web:1");

    await k("scale", "deployment/web", "--replicas=5");
    await k("wait", "deployment/web", "--for=jsonpath={.status.availableReplicas}=5", "--timeout=30s");
    await k("label", "deployment/web", "tier=front");
    await k("annotate", "deployment/web", "note=hello");
    expect(await k("get", "deployments", "-l", "tier=front", "-o", "name")).toBe("deployment.apps/web\n");
    expect(await k("describe", "deployment", "web")).toContain("RollingUpdateStrategy:  25% max unavailable, 25% max surge");
    expect(await k("explain", "deployment.spec.strategy")).toContain("rollingUpdate");
    expect(await k("get", "events")).toContain("ScalingReplicaSet");

    await k("delete", "deployment", "web", "--cascade=orphan");
    const [replicaSet] = (await k("get", "replicasets", "-o", "name")).split("\n");
    await k("delete", replicaSet!, "--cascade=foreground");
    await k("wait", "pods", "--all", "--for=delete", "--timeout=60s");
    await k("delete", "namespace", namespace, "--timeout=60s");
    expect((await k("get", "namespaces", "-o", "name")).split("\n")).not.toContain(`namespace/${namespace}`);
  });
});

test("the machine has a real kubectl, or this suite says that it ran without", () => {
  if (kubectls.length === 0) console.warn("No kubectl on this machine: the walk by a real kubectl did not run");
  expect(spawnSync(kubectls[0]?.[1] ?? "true", ["--help"], { stdio: "ignore" }).error).toBeUndefined();
});
