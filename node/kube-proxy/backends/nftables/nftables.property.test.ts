import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyRuleset, plan, replan } from "../../plan.ts";
import { anyCluster, type ClusterState, serviceNames, slicesOf } from "../../testing/any-cluster.ts";
import { aNode } from "../../testing/objects.ts";
import { type Packet, trace } from "../../trace.ts";
import { hairpinSet } from "./names.ts";
import { render } from "./render.ts";
import { NftMachine } from "./testing/nft-machine.ts";

const table = { table: "kubets" };
const nodeAddresses = ["192.168.77.1"];

const anyPacket: fc.Arbitrary<Packet> = fc.record({
  protocol: fc.constantFrom("tcp" as const, "udp" as const),
  source: fc.constantFrom("10.244.0.9", "192.168.77.1", "203.0.113.9", "192.0.2.9", "100.64.0.9"),
  destination: fc.constantFrom(
    "10.96.0.1",
    "10.96.0.2",
    "10.96.0.3",
    "198.51.100.1",
    "198.51.100.2",
    "198.51.100.9",
    "192.168.77.1",
    "127.0.0.1",
  ),
  port: fc.constantFrom(80, 81, 30_001, 30_002, 30_003),
});

test("the table tells of every packet what the rules tell", () => {
  fc.assert(
    fc.property(anyCluster, fc.array(anyPacket, { minLength: 20, maxLength: 40 }), ({ services, slices }, packets) => {
      const ruleset = plan(services, slices, aNode);
      const machine = new NftMachine();
      machine.apply(render(ruleset, undefined, table));
      for (const packet of packets) {
        const story = trace(ruleset, packet, { nodeAddresses });
        const told = machine.follow(packet, nodeAddresses);
        const isForwarded = story.verdict === "forward";
        expect({ packet, ...told }).toEqual({
          packet,
          verdict: story.verdict,
          endpoints: isForwarded ? story.endpoints.map(({ address, port }) => `${address}:${port}`).sort() : [],
          isMarked: isForwarded && story.masquerade === "always",
        });
      }
    }),
    { numRuns: 300 },
  );
});

test("update by update the table comes to what it is when written at once, and no update leads nowhere", () => {
  fc.assert(
    fc.property(fc.array(anyCluster, { minLength: 2, maxLength: 5 }), (states) => {
      const machine = new NftMachine();
      let ruleset = emptyRuleset(aNode);
      machine.apply(render(ruleset, undefined, table));
      for (const state of states) {
        const next = replan(ruleset, changesTo(state));
        machine.apply(render(next, ruleset, table));
        ruleset = next;
      }
      const atOnce = new NftMachine();
      atOnce.apply(render(ruleset, undefined, table));
      expect(withoutHairpins(machine)).toEqual(withoutHairpins(atOnce));
    }),
    { numRuns: 300 },
  );
});

function changesTo(state: ClusterState): Parameters<typeof replan>[1] {
  return serviceNames.map((name) => ({
    key: `default/${name}`,
    service: state.services.find(({ metadata }) => metadata.name === name),
    slices: slicesOf(state, name),
  }));
}

/** Updates leave hairpins of endpoints that are gone, which does no harm. */
function withoutHairpins(machine: NftMachine): unknown {
  const { chains, collections } = machine.contents() as {
    readonly chains: unknown;
    readonly collections: readonly (readonly [string, unknown])[];
  };
  return { chains, collections: collections.filter(([name]) => name !== hairpinSet) };
}
