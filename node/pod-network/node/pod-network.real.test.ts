import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PodSandboxConfig } from "@kubets/container-runtime";
import type { RealContainerd } from "@kubets/container-runtime/testing";
import { aContainer, aSandbox, realContainerd, runPod, whyNoContainerd } from "@kubets/container-runtime/testing";
import { busyboxImage, echoImage, startRegistry } from "@kubets/images";
import type { Registry } from "@kubets/images";
import { silent, sleep } from "@kubets/machinery";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PodNetwork } from "./pod-network.ts";
import { applyPodNetwork } from "./pod-network.ts";

const reason = whyNoContainerd() ?? (spawnSync("nft", ["--version"]).error === undefined ? undefined : "nft is not installed");

const cluster = `test-${process.pid}`;

describe.skipIf(reason !== undefined)(reason ?? "a real network of Pods", () => {
  let real: RealContainerd;
  let registry: Registry;
  let network: PodNetwork;
  let directory: string;
  let busybox: string;
  let echo: string;
  let before: ReturnType<typeof machineState>;

  const apply = (): Promise<PodNetwork> =>
    applyPodNetwork({
      cluster,
      podRange: "10.198.3.0/24",
      clusterRange: "10.198.0.0/16",
      directory: join(directory, "network"),
      configurationDirectory: real.containerd.cni.configurationDirectory,
      tasks: real.tasks,
      logger: silent,
    });
  const podNetworked = { namespaces: { network: "pod", pid: "container", ipc: "pod" } } as const;
  const aPod = (settings: Partial<PodSandboxConfig> = {}): PodSandboxConfig => aSandbox(real, { security: podNetworked, ...settings });

  beforeAll(async () => {
    before = machineState();
    directory = mkdtempSync(join(tmpdir(), "kubets-network-"));
    registry = await startRegistry({ images: { "busybox:1": busyboxImage(), "echo:1": echoImage() } });
    real = await realContainerd();
    network = await apply();
    const { runtime } = real.containerd;
    busybox = await runtime.pullImage(registry.nameOf("busybox:1"));
    echo = await runtime.pullImage(registry.nameOf("echo:1"));
    while ((await runtime.status()).conditions.some(({ status }) => !status)) await sleep(real.options.clock, 10);
  });
  afterAll(async () => {
    await real[Symbol.asyncDispose]();
    await network.purge();
    await registry[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
    expect(machineState()).toEqual(before);
  });

  test("Pods have addresses of the range, and reach each other and the node", async () => {
    const { runtime } = real.containerd;
    const server = await runPod(real, aContainer(echo, { security: podNetworked }), aPod({ hostname: "web-0" }));
    const client = await runPod(real, aContainer(busybox, { security: podNetworked }), aPod());
    const [address] = (await runtime.podSandboxStatus(server.sandbox))!.ips;
    expect(address).toMatch(/^10\.198\.3\.\d+$/);
    const answer = await eventually(real, () => runtime.execSync(client.id, ["wget", "-qO-", `http://${address}:8080/hostname`]));
    expect(answer).toBe("web-0\n");
    const { exitCode } = await runtime.execSync(client.id, ["ping", "-c", "1", "-W", "2", "10.198.3.1"]);
    expect(exitCode).toBe(0);
  });

  test("what leaves the cluster carries the node's address", async () => {
    const { stdout } = spawnSync("nft", ["list", "table", "ip", network.plan.name], { encoding: "utf8" });
    expect(stdout).toContain("masquerade");
    expect(stdout).toContain("ip saddr 10.198.3.0/24");
  });

  test("a host port leads to the Pod", async () => {
    const hostPort = 20_000 + (process.pid % 10_000);
    const portMappings = [{ protocol: "TCP", containerPort: 8080, hostPort }] as const;
    const { sandbox } = await runPod(real, aContainer(echo, { security: podNetworked }), aPod({ hostname: "port", portMappings }));
    const get = async (): Promise<{ readonly exitCode: number; readonly stdout: Uint8Array }> => {
      const { status, stdout } = spawnSync("busybox", ["wget", "-qO-", `http://127.0.0.1:${hostPort}/hostname`]);
      return { exitCode: status ?? -1, stdout };
    };
    expect(await eventually(real, get)).toBe("port\n");
    await real.containerd.runtime.removePodSandbox(sandbox);
  });

  test("making it again changes nothing", async () => {
    const rules = (): string => spawnSync("nft", ["list", "table", "ip", network.plan.name], { encoding: "utf8" }).stdout;
    const [rulesBefore, plan] = [rules(), network.plan];
    network = await apply();
    expect(network.plan).toEqual(plan);
    expect(rules()).toBe(rulesBefore);
  });

  test("addresses of sandboxes that are no more are freed", async () => {
    const { runtime } = real.containerd;
    const { sandbox } = await runPod(real, aContainer(busybox, { security: podNetworked }), aPod());
    const [address] = (await runtime.podSandboxStatus(sandbox))!.ips;
    const file = join(directory, "network/addresses", network.plan.name, address!);
    const others = (await runtime.listPodSandboxes()).map(({ id }) => id).filter((id) => id !== sandbox);
    network.releaseAddresses({ sandboxes: [...others, sandbox] });
    expect(readFileSync(file, "utf8")).toContain(sandbox);
    network.releaseAddresses({ sandboxes: others });
    expect(() => readFileSync(file)).toThrow();
  });
});

/** What a network changes on this machine, apart from those of other clusters. */
function machineState(): Readonly<Record<string, string>> {
  const answer = (command: string, ...args: readonly string[]): string => spawnSync(command, args, { encoding: "utf8" }).stdout;
  return {
    forwarding: readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8"),
    tables: String(answer("nft", "list", "tables").includes(cluster)),
    rules: String(answer("iptables", "-S").includes(cluster)),
    portMappings: String(answer("iptables", "-t", "nat", "-S").includes(cluster)),
    bridges: String(answer("ip", "-o", "link", "show", "type", "bridge").includes(cluster)),
  };
}

/** What it prints once it succeeds: a server takes its time to listen. */
async function eventually(
  real: RealContainerd,
  attempt: () => Promise<{ readonly exitCode: number; readonly stdout: Uint8Array }>,
): Promise<string> {
  for (let tries = 0; ; tries++) {
    const { exitCode, stdout } = await attempt();
    if (exitCode === 0 || tries === 100) return new TextDecoder().decode(stdout);
    await sleep(real.options.clock, 50);
  }
}
