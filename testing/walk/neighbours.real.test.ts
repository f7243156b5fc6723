import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { busyboxImage, echoImage } from "@kubets/images";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Machine, makeMachine, outside } from "./machine.ts";
import { type RealCluster, realCluster, whyNoRealCluster } from "./real-cluster.ts";

// A machine on which others live: a Docker, whose firewall lets nothing through that isn't its own, and a name server on port 53.

const obstacle =
  whyNoRealCluster() ?? (spawnSync("dockerd", ["--version"]).status === 0 ? undefined : "dockerd is not installed (docker.io on Debian)");
if (obstacle !== undefined) console.warn(`Life beside a Docker was not tried: ${obstacle}`);

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: web, image: "echo:1" }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: shell }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: sh, image: "busybox:1" }]
`;
/** Answers each request with the address that it came from. */
const whoAsks = `require("http").createServer((request, response) => response.end(request.socket.remoteAddress))
  .listen(8000, "0.0.0.0", () => console.log("ready"));`;
const nameServer = `const socket = require("dgram").createSocket("udp4"); socket.bind(53, "0.0.0.0", () => console.log("ready"));
  require("net").createServer().listen(53, "0.0.0.0");`;

describe.skipIf(obstacle !== undefined)("beside a Docker and another name server", () => {
  let machine: Machine;
  let cluster: RealCluster;
  let isPurged = false;
  let home: string;
  const docker = (...args: readonly string[]): string => machine.run("docker", "-H", `unix://${home}/docker.sock`, ...args).trim();
  /** Without counters; Docker's rules and policies. */
  const firewall = (): string => machine.run("iptables", "-S") + machine.run("iptables", "-t", "nat", "-S");
  const inDocker = (url: string): string => docker("exec", "neighbour", "/bin/busybox", "wget", "-qO-", url);

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "kubets-docker-"));
    machine = makeMachine();
    await machine.start("outside", process.execPath, "-e", whoAsks);
    await machine.start("machine", process.execPath, "-e", nameServer);
    const places = ["--data-root", join(home, "data"), "--exec-root", join(home, "run"), "--pidfile", join(home, "pid")];
    // Docker closes a machine that forwarded nothing before.
    machine.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward");
    await machine.start("machine", "dockerd", ...places, "--host", `unix://${home}/docker.sock`, "--oom-score-adjust", "0");
    for (let tries = 0; ; tries++) {
      try {
        docker("version");
        break;
      } catch (error) {
        if (tries === 300) throw error;
        await wait(100);
      }
    }
    mkdirSync(join(home, "root/bin"), { recursive: true });
    copyFileSync("/bin/busybox", join(home, "root/bin/busybox"));
    execFileSync("tar", ["-C", join(home, "root"), "-cf", join(home, "root.tar"), "."]);
    docker("import", join(home, "root.tar"), "neighbour:1");
    docker("run", "-d", "--name", "neighbour", "neighbour:1", "/bin/busybox", "sleep", "100000");

    cluster = realCluster({ name: "neighbours", port: 17_447, under: machine.under });
    await cluster.up();
    await cluster.loadImages({ "docker.io/library/busybox:1": busyboxImage(), "docker.io/library/echo:1": echoImage() });
    writeFileSync(join(cluster.folder, "web.yaml"), manifest);
    await cluster.k("apply", "-f", join(cluster.folder, "web.yaml"));
    await cluster.k("rollout", "status", "deployment/web", "--timeout=60s");
    await cluster.k("wait", "pod/shell", "--for=condition=Ready", "--timeout=60s");
  }, 180_000);
  afterAll(async () => {
    if (!isPurged) await cluster.purge();
    docker("rm", "-f", "neighbour");
    await machine[Symbol.asyncDispose]();
    // What the daemon leaves behind in its own place.
    spawnSync("sh", ["-c", `grep ' ${home}/' /proc/mounts | cut -d' ' -f2 | xargs -r umount -l`]);
    rmSync(home, { recursive: true, force: true });
  }, 120_000);

  test("the firewall lets nothing through by itself", () => {
    expect(machine.run("iptables", "-S", "FORWARD")).toContain("-P FORWARD DROP");
  });

  test("Pods reach the Service by name, though another name server has port 53", async () => {
    const { subsets } = JSON.parse(await cluster.k("-n", "kube-system", "get", "endpoints", "kube-dns", "-o", "json")) as {
      readonly subsets: readonly { readonly ports: readonly { readonly port: number }[] }[];
    };
    expect(subsets[0]!.ports.map(({ port }) => port)).not.toContain(53);
    const names = (await cluster.k("get", "pods", "-l", "app=web", "-o", "jsonpath={.items[*].metadata.name}")).split(" ");
    const address = await cluster.k("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
    expect(await cluster.k("exec", "shell", "--", "nslookup", "web.default.svc.cluster.local")).toContain(`Address: ${address}`);
    expect(names).toContain((await cluster.k("exec", "shell", "--", "wget", "-qO-", `http://${address}/hostname`)).trim());
  });

  test("Pods reach the world, which sees the node's address: it knows no way to theirs", async () => {
    expect(await cluster.k("exec", "shell", "--", "wget", "-qO-", `http://${outside}:8000/`)).toBe("192.168.78.1");
  });

  test("a load balancer's health check is answered at the Service's own port", async () => {
    const port = await cluster.k("get", "service", "web", "-o", "jsonpath={.spec.healthCheckNodePort}");
    const answer = JSON.parse(machine.run("busybox", "wget", "-qO-", `http://192.168.78.1:${port}/`)) as object;
    expect(answer).toEqual({ service: { namespace: "default", name: "web" }, localEndpoints: 2, serviceProxyHealthy: true });
  });

  test("Docker's container reaches the world all the while, and finds its firewall as it was when the cluster is gone", async () => {
    expect(inDocker(`http://${outside}:8000/`)).toBe("192.168.78.1");
    const withCluster = firewall();
    expect(withCluster).toContain("kubets-neighbours");
    await cluster.purge();
    isPurged = true;
    expect(firewall()).toBe(
      withCluster
        .split("\n")
        .filter((line) => !line.includes("kubets-neighbours") && !line.includes("CNI-"))
        .join("\n"),
    );
    expect(machine.run("nft", "list", "tables")).not.toContain("kubets-");
    expect(inDocker(`http://${outside}:8000/`)).toBe("192.168.78.1");
  });
});
