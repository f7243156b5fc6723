import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leftoverPortMappings, readHostFirewall } from "./host-firewall.ts";
import { bridgeNameFor, networkNameFor } from "./names.ts";
import type { PodNetworkFacts } from "./plan.ts";
import { planPodNetwork } from "./plan.ts";

const facts: PodNetworkFacts = {
  cluster: "dev",
  podRange: "10.244.0.0/24",
  clusterRange: "10.244.0.0/16",
  ipamDirectory: "/data/network/addresses",
  takenInterfaces: ["lo", "eth0"],
  firewall: { forwards: true, accepts: true },
};

describe("the network of a node's Pods", () => {
  test("is a bridge that gives out the node's addresses and publishes host ports", () => {
    const { bridge, conflist } = planPodNetwork(facts);
    expect(bridge).toBe("kb-dev");
    expect(JSON.parse(conflist.text)).toEqual({
      cniVersion: "1.0.0",
      name: "kubets-dev",
      plugins: [
        {
          type: "bridge",
          bridge: "kb-dev",
          isGateway: true,
          ipMasq: false,
          hairpinMode: true,
          ipam: {
            type: "host-local",
            dataDir: "/data/network/addresses",
            ranges: [[{ subnet: "10.244.0.0/24" }]],
            routes: [{ dst: "0.0.0.0/0" }],
          },
        },
        { type: "portmap", capabilities: { portMappings: true }, snat: true },
      ],
    });
  });

  test("hides Pods behind the node only for those outside of the cluster", () => {
    expect(planPodNetwork(facts).ruleset).toBe(`table ip kubets-dev {}
delete table ip kubets-dev
table ip kubets-dev {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 10.244.0.0/24 ip daddr != { 10.244.0.0/16, 224.0.0.0/4 } oifname != "kb-dev" masquerade fully-random
  }
}
`);
  });

  test("asks others to let its packets through only where they might not", () => {
    expect(planPodNetwork(facts).iptablesRules).toEqual([]);
    const mark = ["-m", "comment", "--comment", "kubets-dev", "-j", "ACCEPT"];
    expect(planPodNetwork({ ...facts, firewall: { forwards: false, accepts: false } }).iptablesRules).toEqual([
      { chain: "FORWARD", rule: ["-i", "kb-dev", ...mark] },
      { chain: "FORWARD", rule: ["-o", "kb-dev", ...mark] },
      { chain: "INPUT", rule: ["-i", "kb-dev", ...mark] },
    ]);
  });
});

describe("names", () => {
  test("of bridges fit, are free, and stay the same", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), fc.array(fc.string(), { maxLength: 3 }), (cluster, others) => {
        const first = bridgeNameFor(cluster, others);
        const second = bridgeNameFor(cluster, [...others, first]);
        expect(first).toMatch(/^kb-[A-Za-z0-9_-]{1,12}$/);
        expect([...others, first]).not.toContain(second);
        expect(bridgeNameFor(cluster, others)).toBe(first);
      }),
    );
  });

  test("of networks differ where clusters differ", () => {
    expect(networkNameFor("dev")).toBe("kubets-dev");
    expect(networkNameFor("dev.1")).not.toBe(networkNameFor("dev_1"));
    expect(networkNameFor("dev.1")).toMatch(/^kubets-dev-1-[0-9a-f]{10}$/);
  });
});

describe("the firewall of the machine", () => {
  test("lets everything through when it has no rules", () => {
    expect(readHostFirewall("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n")).toEqual({ forwards: true, accepts: true });
    expect(readHostFirewall("")).toEqual({ forwards: true, accepts: true });
  });

  test("does not forward under Docker, nor accept under ufw", () => {
    const docker = "-P INPUT ACCEPT\n-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n";
    expect(readHostFirewall(docker)).toEqual({ forwards: false, accepts: true });
    const ufw = "-P INPUT DROP\n-P FORWARD DROP\n-A INPUT -j ufw-before-input\n";
    expect(readHostFirewall(ufw)).toEqual({ forwards: false, accepts: false });
  });

  test("is not what we have put into it ourselves", () => {
    const ours = '-P FORWARD ACCEPT\n-A FORWARD -i kb-dev -m comment --comment "kubets-dev" -j ACCEPT\n';
    expect(readHostFirewall(ours)).toEqual({ forwards: true, accepts: true });
  });
});

test("what portmap has left of our Pods is undone, that of others stays", () => {
  const rule = (network: string, chain: string): string =>
    `-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"${network}\\" id: \\"aaa\\"" -m multiport --dports 8080 -j ${chain}`;
  const listing = ["-N CNI-DN-1", "-N CNI-DN-2", rule("kubets-dev", "CNI-DN-1"), rule("kubets-other", "CNI-DN-2")].join("\n");
  const comment = 'dnat name: "kubets-dev" id: "aaa"';
  expect(leftoverPortMappings(listing, "kubets-dev")).toEqual([
    [
      "-D",
      "CNI-HOSTPORT-DNAT",
      "-p",
      "tcp",
      "-m",
      "comment",
      "--comment",
      comment,
      "-m",
      "multiport",
      "--dports",
      "8080",
      "-j",
      "CNI-DN-1",
    ],
    ["-F", "CNI-DN-1"],
    ["-X", "CNI-DN-1"],
  ]);
});
