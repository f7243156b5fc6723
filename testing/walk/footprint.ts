import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { containerdPaths } from "@kubets/container-runtime/node";

const run = promisify(execFile);

/** What Pods and Services leave on the machine while they are there. */
export interface Footprint {
  readonly containers: readonly string[];
  readonly interfaces: readonly string[];
  /** Those that Pods have, as the network keeps them. */
  readonly addresses: readonly string[];
  readonly rules: string;
  /** Mounts, control groups and directories, in which the uids of Pods stand. */
  readonly traces: string;
}

/** The footprint of the cluster of this name, whose data directory is `data` in this folder. */
export async function footprintOf({ name, folder }: { readonly name: string; readonly folder: string }): Promise<Footprint> {
  return {
    containers: linesOf(await ctr(folder, "containers", "list", "--quiet")),
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

/** The runtime's own tool, by which a container is killed behind the kubelet's back. */
export function ctr(folder: string, ...args: readonly string[]): Promise<string> {
  const { socket } = containerdPaths(join(folder, "data/node/containerd"));
  return said("ctr", "--address", socket, "--namespace", "k8s.io", ...args);
}

async function said(program: string, ...args: readonly string[]): Promise<string> {
  return (await run(program, args)).stdout;
}

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");
