import { execFile, spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { containerdPaths } from "@kubets/container-runtime/node";
import { busyboxImage, echoImage } from "@kubets/images";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubectl, type RealCluster, realCluster, whyNoRealCluster } from "./real-cluster.ts";

// The walk of a new user: `kubets up` as a program of its own, a real kubectl, real containers.

const obstacle = whyNoRealCluster();
if (obstacle !== undefined) console.warn(`The walk on a real node did not run: ${obstacle}`);

const run = promisify(execFile);
const name = "walk";
const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: echo:1
        ports: [{ containerPort: 8080, name: http }]
        startupProbe: { tcpSocket: { port: http }, periodSeconds: 1, failureThreshold: 30 }
        readinessProbe: { httpGet: { path: /healthz, port: http }, periodSeconds: 1 }
        livenessProbe: { exec: { command: [test, "!", -e, /www/dead] }, periodSeconds: 1, failureThreshold: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  selector: { app: web }
  ports: [{ port: 80, targetPort: http }]
---
apiVersion: v1
kind: Pod
metadata: { name: shell }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: sh, image: "busybox:1" }]
`;

interface Footprint {
  readonly containers: readonly string[];
  readonly interfaces: readonly string[];
  /** Those that Pods have, as the network keeps them. */
  readonly addresses: readonly string[];
  readonly rules: string;
  /** Mounts, control groups and directories, in which the uids of Pods stand. */
  readonly traces: string;
}

describe.skipIf(obstacle !== undefined)("a real node", () => {
  let cluster: RealCluster;
  let folder: string;
  const k: RealCluster["k"] = (...args) => cluster.k(...args);
  const until: RealCluster["until"] = (what, holds) => cluster.until(what, holds);
  const containers = async (): Promise<string> =>
    k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].status.containerStatuses[0].containerID}");
  const memoryVolumes = (): number => readFileSync("/proc/mounts", "utf8").split(`tmpfs ${folder}/data/node/kubelet/pods/`).length - 1;

  beforeAll(async () => {
    cluster = realCluster({ name, port: 17_443 });
    ({ folder } = cluster);
    writeFileSync(join(folder, "walk.yaml"), manifest);
    const echo = echoImage();
    await cluster.up();
    await cluster.loadImages({
      "docker.io/library/busybox:1": busyboxImage(),
      "docker.io/library/echo:1": echo,
      "docker.io/library/echo:2": echo,
    });
  }, 120_000);
  afterAll(() => cluster.purge(), 120_000);

  test("a Deployment with probes and a Service becomes ready and is reached by ClusterIP, NodePort and name", async () => {
    await k("apply", "-f", join(folder, "walk.yaml"));
    await k("rollout", "status", "deployment/web", "--timeout=60s");
    await k("wait", "pod/shell", "--for=condition=Ready", "--timeout=30s");
    const [address, nodePort] = (await k("get", "service", "web", "-o", "jsonpath={.spec.clusterIP} {.spec.ports[0].nodePort}")).split(" ");
    const node = await k("get", "nodes", "-o", "jsonpath={.items[0].status.addresses[0].address}");
    const pods = (await k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}")).split(" ");
    for (const url of [`http://${address}/hostname`, `http://${node}:${nodePort}/hostname`]) {
      expect(pods).toContain((await (await fetch(url)).text()).trim());
    }
    expect(await k("exec", "shell", "--", "nslookup", "web.default.svc.cluster.local")).toContain(`Address: ${address}`);
    const request = `printf 'GET /hostname HTTP/1.0\\r\\n\\r\\n' | nc ${address} 80`;
    expect(await k("exec", "shell", "--", "sh", "-c", request)).toMatch(new RegExp(pods.join("|")));
  });

  test("logs, exec, cp and port-forward reach the container", async () => {
    await k("run", "speaker", "--image=busybox:1", "--restart=Never", "--", "sh", "-c", "for i in 1 2 3; do echo line $i; done");
    await until("the Pod has ended", async () => (await k("get", "pod", "speaker", "-o", "jsonpath={.status.phase}")) === "Succeeded");
    expect(await k("logs", "-f", "speaker")).toBe("line 1\nline 2\nline 3\n");
    expect(await k("exec", "shell", "--", "echo", "hello")).toBe("hello\n");
    await expect(k("exec", "shell", "--", "sh", "-c", "exit 3")).rejects.toThrow("exit code 3");
    writeFileSync(join(folder, "there"), "and back");
    await k("cp", join(folder, "there"), "shell:/tmp/there");
    await k("cp", "shell:/tmp/there", join(folder, "back"));
    expect(readFileSync(join(folder, "back"), "utf8")).toBe("and back");
    const forward = spawn(kubectl!, ["port-forward", "service/web", ":80"], {
      env: cluster.environment,
    });
    try {
      const line = await new Promise<string>((resolve) => forward.stdout.once("data", (chunk: Buffer) => resolve(String(chunk))));
      const port = /127\.0\.0\.1:(\d+)/.exec(line)![1];
      expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe("ok\n");
    } finally {
      forward.kill();
    }
  });

  test("a Pod that isn't ready leaves the Service; one that isn't alive is restarted", async () => {
    const [first, second] = (await k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}")).split(" ");
    await k("exec", first!, "--", "rm", "/www/healthz");
    const readyEndpoints = async (): Promise<number> =>
      (
        await k(
          "get",
          "endpointslices",
          "-l",
          "kubernetes.io/service-name=web",
          "-o",
          "jsonpath={.items[0].endpoints[?(@.conditions.ready==true)].targetRef.name}",
        )
      ).split(" ").length;
    await until("the Pod has left the slice", async () => (await readyEndpoints()) === 2);
    await k("exec", second!, "--", "touch", "/www/dead");
    await until(
      "the container is restarted",
      async () => (await k("get", "pod", second!, "-o", "jsonpath={.status.containerStatuses[0].restartCount}")) === "1",
    );
    await k("exec", first!, "--", "sh", "-c", "echo ok > /www/healthz");
    await until("all are ready again", async () => (await readyEndpoints()) === 3);
  });

  test("an image change rolls, and undo brings the old one back", async () => {
    await k("set", "image", "deployment/web", "web=echo:2");
    await k("rollout", "status", "deployment/web", "--timeout=60s");
    expect(await k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].spec.containers[0].image}")).toContain("echo:2");
    await k("rollout", "undo", "deployment/web", "--to-revision=1");
    await k("rollout", "status", "deployment/web", "--timeout=60s");
    await until(
      "the old Pods are gone",
      async () =>
        (await k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].spec.containers[0].image}")) === "echo:1 echo:1 echo:1",
    );
  });

  test("after kill -9 the next start takes the running containers over; after Ctrl-C it starts them again", async () => {
    const before = await containers();
    // Each Pod's token lies in memory.
    expect(memoryVolumes()).toBe(4);
    await cluster.end("SIGKILL");
    await cluster.up();
    await k("rollout", "status", "deployment/web", "--timeout=30s");
    expect(await containers()).toBe(before);
    expect(memoryVolumes()).toBe(4);
    expect(await cluster.end("SIGINT")).toBe(0);
    expect((await run("nft", ["list", "tables"])).stdout).not.toContain(`kubets-${name}`);
    expect(memoryVolumes()).toBe(0);
    await cluster.up();
    await until("all containers are new and ready", async () => {
      const now = await containers();
      const ready = await k("get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}");
      return ready === "3" && now.split(" ").every((id) => !before.includes(id));
    });
    expect(memoryVolumes()).toBe(4);
  });

  test("a deleted namespace leaves nothing: no container, mount, network interface, address, rule or control group", async () => {
    const before = await footprint();
    await k("create", "namespace", "gone");
    await k("-n", "gone", "create", "deployment", "d", "--image=echo:1", "--replicas=2");
    await k("-n", "gone", "expose", "deployment", "d", "--port=80", "--target-port=8080", "--type=NodePort");
    await k("-n", "gone", "rollout", "status", "deployment/d", "--timeout=30s");
    const uids = (await k("-n", "gone", "get", "pods", "-o", "jsonpath={.items[*].metadata.uid}")).split(" ");
    const [address, nodePort] = (
      await k("-n", "gone", "get", "service", "d", "-o", "jsonpath={.spec.clusterIP} {.spec.ports[0].nodePort}")
    ).split(" ");
    await until("the Service is served", async () => (await fetch(`http://${address}/hostname`)).ok);
    const during = await footprint();
    expect({ containers: during.containers.length, interfaces: during.interfaces.length, addresses: during.addresses.length }).toEqual({
      // A container and its sandbox each.
      containers: before.containers.length + 4,
      interfaces: before.interfaces.length + 2,
      addresses: before.addresses.length + 2,
    });
    expect(during.rules).toContain(address);
    expect(during.rules).toContain(nodePort);
    for (const uid of uids) expect(during.traces).toContain(uid);

    await k("delete", "namespace", "gone", "--timeout=60s");
    const after = expect.poll(footprint, { timeout: 30_000, interval: 100 });
    await after.toEqual({ ...before, traces: expect.any(String) as string });
    const { traces } = await footprint();
    for (const uid of uids) expect(traces).not.toContain(uid);
  });

  /** What Pods and Services leave on the machine while they are there. */
  async function footprint(): Promise<Footprint> {
    const said = async (program: string, ...args: readonly string[]): Promise<string> => (await run(program, args)).stdout;
    const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");
    const { socket } = containerdPaths(join(folder, "data/node/containerd"));
    return {
      containers: linesOf(await said("ctr", "--address", socket, "--namespace", "k8s.io", "containers", "list", "--quiet")),
      interfaces: linesOf(await said("ip", "-oneline", "link", "show", "master", `kb-${name}`)),
      addresses: readdirSync(join(folder, "data/node/network/addresses", `kubets-${name}`)).filter((file) => /^\d/.test(file)),
      // From an address to itself it is a hairpin whoever has the address: updates of the rules leave that for the next Pod.
      rules: linesOf(await said("nft", "list", "table", "ip", `kubets-${name}-services`))
        .filter((line) => !/(\d+\.\d+\.\d+\.\d+) \. \1\b/.test(line))
        .toSorted()
        .join("\n"),
      traces: await said("sh", "-c", `cat /proc/mounts; find /sys/fs/cgroup -type d; ls -R ${join(folder, "data/node/kubelet")}`),
    };
  }
});
