import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger, Tasks } from "@kubets/machinery";
import { type CommandResult, runCommand } from "@kubets/machinery/node";
import { leftoverPortMappings, readHostFirewall } from "../host-firewall.ts";
import type { PodNetworkPlan } from "../plan.ts";
import { planPodNetwork } from "../plan.ts";
import { sharedSysctls } from "./sysctls.ts";

export interface PodNetworkOptions {
  readonly cluster: string;
  readonly podRange: string;
  readonly clusterRange: string;
  /** Where what was changed is written down, and the addresses in use. */
  readonly directory: string;
  /** Where the container runtime looks for network configurations. */
  readonly configurationDirectory: string;
  readonly mtu?: number;
  readonly tasks: Tasks;
  readonly logger: Logger;
}

export interface PodNetwork {
  readonly plan: PodNetworkPlan;
  /** Frees the addresses of sandboxes that are no more: those of a machine that lost its power are still written down. */
  releaseAddresses(options: { readonly sandboxes: readonly string[] }): void;
  /** Removes the bridge and all rules. Pods should be gone before. */
  remove(): Promise<void>;
  /** Like {@link remove}; also gives sysctls that no other cluster needs their earlier values back, and deletes the directory. */
  purge(): Promise<void>;
}

/** What must be known to undo, even by another program after a crash. */
interface Changes {
  readonly name: string;
  readonly bridge: string;
  readonly conflistPath: string;
  readonly iptablesRules: PodNetworkPlan["iptablesRules"];
}

/** Makes the network of this node's Pods as it must be; doing so again changes nothing. The bridge itself comes with the first Pod. */
export async function applyPodNetwork(options: PodNetworkOptions): Promise<PodNetwork> {
  const { directory, configurationDirectory, cluster, podRange, clusterRange, mtu, tasks, logger } = options;
  const run = runnerOf(tasks);
  const earlier = readChanges(directory);
  // Where it is a module, its sysctls come with it.
  if (!existsSync("/proc/sys/net/bridge")) await run("modprobe", ["-q", "br_netfilter"]);
  const firewall = readHostFirewall((await run("iptables", ["-S"])).stdout);
  const ipamDirectory = join(directory, "addresses");
  const plan = planPodNetwork({
    cluster,
    podRange,
    clusterRange,
    ipamDirectory,
    takenInterfaces: readdirSync("/sys/class/net").filter((name) => name !== earlier?.bridge),
    firewall,
    ...(mtu === undefined ? {} : { mtu }),
  });
  mkdirSync(ipamDirectory, { recursive: true });
  mkdirSync(configurationDirectory, { recursive: true });
  const conflistPath = join(configurationDirectory, plan.conflist.fileName);
  // Written down before it is done: what was not done is harmless to undo.
  writeChanges(directory, {
    name: plan.name,
    bridge: plan.bridge,
    conflistPath,
    // Also those of an earlier day, which the machine's firewall of today doesn't call for.
    iptablesRules: distinct([...plan.iptablesRules, ...(earlier?.iptablesRules ?? [])]),
  });
  sharedSysctls({ logger }).change(plan.sysctls, plan.name);
  await demand(run, "nft", ["-f", "-"], plan.ruleset);
  for (const { chain, rule } of plan.iptablesRules) {
    const isThere = (await run("iptables", ["-C", chain, ...rule])).exitCode === 0;
    if (!isThere) await demand(run, "iptables", ["-I", chain, ...rule]);
  }
  writeAtomically(conflistPath, plan.conflist.text);
  return {
    plan,
    releaseAddresses: ({ sandboxes }) => releaseAddresses(join(ipamDirectory, plan.name), sandboxes),
    remove: () => removePodNetwork({ directory, tasks }),
    purge: () => purgePodNetwork({ directory, tasks, logger }),
  };
}

/** {@link PodNetwork.remove} for a network that another program has made. */
export async function removePodNetwork({ directory, tasks }: { readonly directory: string; readonly tasks: Tasks }): Promise<void> {
  const changes = readChanges(directory);
  if (changes === undefined) return;
  const run = runnerOf(tasks);
  const { name, bridge, conflistPath, iptablesRules } = changes;
  rmSync(conflistPath, { force: true });
  if (existsSync(join("/sys/class/net", bridge))) await run("ip", ["link", "delete", bridge]);
  await run("nft", ["delete", "table", "ip", name]);
  for (const { chain, rule } of iptablesRules) await run("iptables", ["-D", chain, ...rule]);
  const { stdout } = await run("iptables", ["-t", "nat", "-S"]);
  for (const args of leftoverPortMappings(stdout, name)) await run("iptables", ["-t", "nat", ...args]);
}

/** {@link PodNetwork.purge} for a network that another program has made. */
export async function purgePodNetwork({
  directory,
  tasks,
  logger,
}: {
  readonly directory: string;
  readonly tasks: Tasks;
  readonly logger: Logger;
}): Promise<void> {
  await removePodNetwork({ directory, tasks });
  const changes = readChanges(directory);
  if (changes !== undefined) sharedSysctls({ logger }).restore(changes.name);
  rmSync(directory, { recursive: true, force: true });
}

function distinct(rules: PodNetworkPlan["iptablesRules"]): PodNetworkPlan["iptablesRules"] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

/** A file per address; its first line is the sandbox that has it. */
function releaseAddresses(directory: string, sandboxes: readonly string[]): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    if (!/^[0-9a-f.:]+$/.test(name)) continue;
    const [sandbox = ""] = readFileSync(join(directory, name), "utf8").split(/\s/);
    if (!sandboxes.includes(sandbox)) rmSync(join(directory, name));
  }
}

type Run = (command: string, args: readonly string[], input?: string) => Promise<CommandResult>;

function runnerOf(tasks: Tasks): Run {
  return (command, args, input = "") => runCommand(command, args, { tasks, input });
}

async function demand(run: Run, command: string, args: readonly string[], input?: string): Promise<void> {
  const { exitCode, stderr } = await run(command, args, input);
  if (exitCode !== 0) throw new Error(`Cannot set up the network of Pods: ${command} ${args.join(" ")}: ${stderr.trim()}`);
}

function changesPath(directory: string): string {
  return join(directory, "changes.json");
}

function readChanges(directory: string): Changes | undefined {
  const path = changesPath(directory);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Changes) : undefined;
}

function writeChanges(directory: string, changes: Changes): void {
  writeAtomically(changesPath(directory), `${JSON.stringify(changes)}\n`);
}

function writeAtomically(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
