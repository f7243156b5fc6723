import type { HostFirewall } from "./host-firewall.ts";
import { bridgeNameFor, networkNameFor } from "./names.ts";

/** What the network of a node's Pods follows from. */
export interface PodNetworkFacts {
  /** The name of the cluster: several may live side by side on a machine. */
  readonly cluster: string;
  /** The addresses of this node's Pods, such as `10.244.0.0/24`. */
  readonly podRange: string;
  /** The addresses of all Pods: what goes there keeps its source. */
  readonly clusterRange: string;
  /** Where the addresses in use are written down. */
  readonly ipamDirectory: string;
  /** Names of interfaces that others have made. */
  readonly takenInterfaces: readonly string[];
  /** What others let through between interfaces of this machine. */
  readonly firewall: HostFirewall;
  /** Of the way to other nodes; absent: that of the machine's interfaces. */
  readonly mtu?: number;
}

/** Everything that must be so on this machine for its Pods to reach each other, the node and the world. */
export interface PodNetworkPlan {
  /** The network's name; also that of our nftables table and the mark in rules elsewhere. */
  readonly name: string;
  readonly bridge: string;
  /** The network configuration that the container runtime reads. */
  readonly conflist: { readonly fileName: string; readonly text: string };
  /** Files below /proc/sys, and what must be in them where they exist. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** For `nft -f`: replaces our table as a whole. */
  readonly ruleset: string;
  /** Rules in chains of others, which would drop what ours accept: arguments for iptables after the command and chain. */
  readonly iptablesRules: readonly IptablesRule[];
}

export interface IptablesRule {
  readonly chain: "FORWARD" | "INPUT";
  readonly rule: readonly string[];
}

/** What must be. The edge (`applyPodNetwork`) compares it with what is. */
export function planPodNetwork(facts: PodNetworkFacts): PodNetworkPlan {
  const name = networkNameFor(facts.cluster);
  const bridge = bridgeNameFor(facts.cluster, facts.takenInterfaces);
  return {
    name,
    bridge,
    conflist: { fileName: "10-kubets.conflist", text: conflist(facts, { name, bridge }) },
    sysctls: {
      "net/ipv4/ip_forward": "1",
      // What goes from Pod to Pod on the bridge must pass the Services' rules as well.
      "net/bridge/bridge-nf-call-iptables": "1",
    },
    ruleset: ruleset(facts, { name, bridge }),
    iptablesRules: iptablesRules(facts.firewall, { name, bridge }),
  };
}

interface Names {
  readonly name: string;
  readonly bridge: string;
}

function conflist({ podRange, ipamDirectory, mtu }: PodNetworkFacts, { name, bridge }: Names): string {
  const configuration = {
    cniVersion: "1.0.0",
    name,
    plugins: [
      {
        type: "bridge",
        bridge,
        isGateway: true,
        // Ours, below, spares what stays in the cluster.
        ipMasq: false,
        // A Pod reaches itself through its own Service.
        hairpinMode: true,
        ...(mtu === undefined ? {} : { mtu }),
        ipam: {
          type: "host-local",
          dataDir: ipamDirectory,
          ranges: [[{ subnet: podRange }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  };
  return `${JSON.stringify(configuration, undefined, 2)}\n`;
}

function ruleset({ podRange, clusterRange }: PodNetworkFacts, { name, bridge }: Names): string {
  const multicast = "224.0.0.0/4";
  return [
    // Declared before it is deleted, so that deleting it can't fail.
    `table ip ${name} {}`,
    `delete table ip ${name}`,
    `table ip ${name} {`,
    `  chain postrouting {`,
    `    type nat hook postrouting priority srcnat; policy accept;`,
    `    ip saddr ${podRange} ip daddr != { ${[clusterRange, multicast].join(", ")} } oifname != "${bridge}" masquerade fully-random`,
    `  }`,
    `}`,
    ``,
  ].join("\n");
}

function iptablesRules(firewall: HostFirewall, { name, bridge }: Names): readonly IptablesRule[] {
  const mark = ["-m", "comment", "--comment", name, "-j", "ACCEPT"];
  return [
    ...(firewall.forwards ? [] : [["-i", bridge] as const, ["-o", bridge] as const].map((match) => forward([...match, ...mark]))),
    ...(firewall.accepts ? [] : [{ chain: "INPUT" as const, rule: ["-i", bridge, ...mark] }]),
  ];
}

function forward(rule: readonly string[]): IptablesRule {
  return { chain: "FORWARD", rule };
}
