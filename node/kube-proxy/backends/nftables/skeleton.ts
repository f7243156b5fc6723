import type { ProxyNode } from "../../ruleset.ts";
import { collections, type FamilyWords, hairpinSet, nodePortAddressSet, sharedChains, wordsOf } from "./names.ts";

/** The bit of the packet mark that says "masquerade me", as every Kubernetes node uses it. */
const masqueradeMark = "0x4000";

/** The parts of the table that are there before any Service is, as commands. `target` names the table: `ip kubets`. */
export function skeleton(node: ProxyNode, target: string): readonly string[] {
  const words = wordsOf(node.family);
  return [
    `add table ${target} { comment "rules for Kubernetes Services" ; }`,
    ...sets(node, words).map(([command, name, body]) => `add ${command} ${target} ${name} { ${body} ; }`),
    ...(node.nodePortAddresses === undefined || node.nodePortAddresses.length === 0
      ? []
      : [`add element ${target} ${nodePortAddressSet} { ${node.nodePortAddresses.join(", ")} }`]),
    ...chains(node, words).flatMap(({ name, hook, rules }) => [
      `add chain ${target} ${name}${hook === undefined ? "" : ` { ${hook} ; }`}`,
      ...rules.map((rule) => `add rule ${target} ${name} ${rule}`),
    ]),
  ];
}

function sets({ nodePortAddresses }: ProxyNode, { addressType }: FamilyWords): readonly (readonly ["set" | "map", string, string])[] {
  const serviceKey = `${addressType} . inet_proto . inet_service`;
  const nodePortKey = "inet_proto . inet_service";
  return [
    ["set", collections.clusterIPs, `type ${addressType}`],
    ["set", hairpinSet, `type ${addressType} . ${addressType}`],
    ...(nodePortAddresses === undefined ? [] : [["set", nodePortAddressSet, `type ${addressType}`] as const]),
    ["map", collections.serviceIPs, `type ${serviceKey} : verdict`],
    ["map", collections.nodePorts, `type ${nodePortKey} : verdict`],
    ["map", collections.refusedServiceIPs, `type ${serviceKey} : verdict`],
    ["map", collections.refusedNodePorts, `type ${nodePortKey} : verdict`],
  ];
}

interface Chain {
  readonly name: string;
  readonly hook?: string;
  readonly rules: readonly string[];
}

/** In an order in which no chain leads to a later one. */
function chains(node: ProxyNode, { family, loopback }: FamilyWords): readonly Chain[] {
  const toService = `${family} daddr . meta l4proto . th dport`;
  const toNodePort = "meta l4proto . th dport";
  const atNode =
    node.nodePortAddresses === undefined ? `fib daddr type local ${family} daddr != ${loopback}` : `${family} daddr @${nodePortAddressSet}`;
  return [
    { name: sharedChains.markForMasquerade, rules: [`meta mark set meta mark | ${masqueradeMark}`] },
    { name: sharedChains.reject, rules: ["reject"] },
    {
      name: sharedChains.masquerading,
      rules: [
        `ct status & dnat == dnat ${family} saddr . ${family} daddr @${hairpinSet} masquerade fully-random`,
        `meta mark & ${masqueradeMark} == 0 return`,
        `meta mark set meta mark ^ ${masqueradeMark}`,
        "masquerade fully-random",
      ],
    },
    {
      name: sharedChains.services,
      rules: [
        // Endpoints on other nodes can answer only to what this node can take back: everything but Pods is masqueraded.
        ...(node.podRange === undefined
          ? []
          : [`${family} daddr @${collections.clusterIPs} ${family} saddr != ${node.podRange} jump ${sharedChains.markForMasquerade}`]),
        `${toService} vmap @${collections.serviceIPs}`,
        `${atNode} ${toNodePort} vmap @${collections.nodePorts}`,
      ],
    },
    { name: sharedChains.serviceCheck, rules: [`${toService} vmap @${collections.refusedServiceIPs}`] },
    { name: sharedChains.nodePortCheck, rules: [`${atNode} ${toNodePort} vmap @${collections.refusedNodePorts}`] },
    // A cluster IP has nothing behind it but its ports; without this its packets would leave by the default route.
    { name: sharedChains.clusterIPCheck, rules: [`${family} daddr @${collections.clusterIPs} goto ${sharedChains.reject}`] },
    ...baseChains(),
  ];
}

function baseChains(): readonly Chain[] {
  const { serviceCheck, nodePortCheck, clusterIPCheck, services, masquerading } = sharedChains;
  const once = (chain: string): string => `ct state new jump ${chain}`;
  return [
    // Before the address is translated, and before the filters of others at priority 0.
    { name: "filter-input", hook: "type filter hook input priority -110", rules: [once(nodePortCheck), once(serviceCheck)] },
    { name: "filter-forward", hook: "type filter hook forward priority -110", rules: [once(serviceCheck), once(clusterIPCheck)] },
    { name: "filter-output", hook: "type filter hook output priority -110", rules: [once(serviceCheck)] },
    // After the translation of the address: what is still on its way to a cluster IP found no port there.
    { name: "filter-output-post-dnat", hook: "type filter hook output priority -90", rules: [once(clusterIPCheck)] },
    { name: "nat-prerouting", hook: "type nat hook prerouting priority -100", rules: [`jump ${services}`] },
    { name: "nat-output", hook: "type nat hook output priority -100", rules: [`jump ${services}`] },
    { name: "nat-postrouting", hook: "type nat hook postrouting priority 100", rules: [`jump ${masquerading}`] },
  ];
}
