import { type Node, NodeKind } from "@kubets/api";
import { createClient, createInformers, createInProcessTransport } from "@kubets/client";
import { type Random, seededRandom, silent, unmeasured } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";
import { runControllerManager } from "../controller-manager.ts";
import { unreliable } from "../testing/unreliable-server.ts";
import { nodeIpamController } from "./index.ts";

/** Room for eight nodes, of two families. */
const clusterRanges = ["10.9.0.0/21", "fd00:9::/48"];

function startManager({ clock, tasks, controlPlane }: Cluster, random: Random): { stop(): Promise<void> } {
  const handle = unreliable(controlPlane.apiServer.handle, random);
  const surroundings = { clock, random, tasks, logger: silent, metrics: unmeasured };
  const clientFor = (name: string) =>
    createClient(createInProcessTransport({ handle, peer: { via: "in-process", user: { name, groups: [] } }, tasks }));
  const informers = createInformers({ ...surroundings, client: clientFor("system:kube-controller-manager") });
  const controllers = [nodeIpamController({ clusterRanges })];
  const manager = runControllerManager({ ...surroundings, informers, controllers, clientFor: ({ name }) => clientFor(name) });
  return { stop: async () => void (await manager.stop(), await informers.stop()) };
}

const rangesOf = ({ spec }: Node): readonly string[] => spec.podCIDRs ?? [];

test.each([1, 2, 3])(
  "whatever gets lost, and however often the manager restarts, nodes keep their ranges and no two share one (seed %i)",
  async (seed) => {
    await using cluster = await startCluster({ nodes: 0, controllers: false, scheduler: false, seed });
    const random = seededRandom(seed * 1000);
    const nodes = cluster.client.resource(NodeKind);
    const known = new Map<string, string>();
    const check = async (): Promise<readonly Node[]> => {
      const { items } = await nodes.list();
      const all = items.flatMap(rangesOf);
      expect(new Set(all).size).toBe(all.length);
      for (const node of items) {
        const [ranges, before] = [rangesOf(node).join(), known.get(node.metadata.uid) ?? ""];
        if (before !== "") expect(ranges).toBe(before);
        known.set(node.metadata.uid, ranges);
      }
      return items;
    };
    let manager = startManager(cluster, random);
    for (let round = 0; round < 60; round++) {
      const name = `n${Math.floor(random.fraction() * 12)}`;
      const present = (await nodes.list()).items;
      if (present.some(({ metadata }) => metadata.name === name)) await nodes.delete(name);
      // One more than there is room for, now and then.
      else if (present.length < 9) await nodes.create({ metadata: { name } });
      if (random.fraction() < 0.2) {
        await manager.stop();
        manager = startManager(cluster, random);
      }
      await cluster.clock.advance(Math.floor(random.fraction() * 3000));
      await check();
    }
    await cluster.clock.advance("5m");
    const items = await check();
    expect(items.filter((node) => rangesOf(node).length === 2).length).toBe(Math.min(8, items.length));
    expect(known.size).toBeGreaterThan(15);
    await manager.stop();
  },
);
