import { findPodCondition, isPodReady, NodeKind, type Pod, PodKind } from "@kubets/api";
import { busyboxImage, type Registry, startRegistry } from "@kubets/images";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeName, type RealNode, realNode, whyNoRealNode } from "../testing/real-node.ts";

const obstacle = whyNoRealNode();
if (obstacle !== undefined) console.warn(`Evictions were not looked at: ${obstacle}`);

const mebi = 1024 * 1024;

describe.skipIf(obstacle !== undefined)("a node that is short of memory", () => {
  let real: RealNode;
  let registry: Registry;
  let freeBytes = 1000 * mebi;
  beforeAll(async () => {
    registry = await startRegistry({ images: { "busybox:1": busyboxImage() } });
    real = await realNode({
      eviction: { evictionHard: { "memory.available": "100Mi" }, evictionPressureTransitionPeriod: "20s" },
      machine: (machine) => ({ ...machine, available: async () => ({ ...(await machine.available()), memoryBytes: freeBytes }) }),
    });
  });
  afterAll(async () => {
    const { failures } = real.cluster;
    await real[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
    expect(failures).toEqual([]);
  });
  const pods = () => real.cluster.client.resource(PodKind).in("default");
  const create = async (name: string, script: string, memory?: string): Promise<void> => {
    const resources = memory === undefined ? {} : { resources: { requests: { memory } } };
    const container = { name: "main", image: registry.nameOf("busybox:1"), command: ["sh", "-c", script], ...resources };
    await pods().create({ metadata: { name }, spec: { nodeName, terminationGracePeriodSeconds: 1, containers: [container] } });
  };
  const isUnderPressure = async (): Promise<string | undefined> =>
    (await real.cluster.client.resource(NodeKind).get(nodeName)).status.conditions?.find(({ type }) => type === "MemoryPressure")?.status;

  test("ends the Pod that uses most above what it asked for, says so, and takes no others without a guarantee until it is over", async () => {
    const wait = "trap 'exit 0' TERM; sleep 1000 & wait";
    await create("modest", wait, "64Mi");
    await create("greedy", `dd if=/dev/zero of=/dev/shm/x bs=1M count=40 2> /dev/null; ${wait}`);
    for (const name of ["modest", "greedy"]) await real.podOnce(name, isPodReady);
    freeBytes = 50 * mebi;
    const evicted: Pod = await real.podOnce("greedy", ({ status }) => status.phase === "Failed");
    freeBytes = 1000 * mebi;
    expect(evicted.status.reason).toBe("Evicted");
    expect(evicted.status.message).toMatch(
      /^The node was low on resource: memory\. Threshold quantity: 100Mi, available: 50Mi\. Container main was using \d+\w*, request is 0, has larger consumption of memory\. $/,
    );
    expect(findPodCondition(evicted, "DisruptionTarget")).toMatchObject({ status: "True", reason: "TerminationByKubelet" });
    await expect.poll(isUnderPressure, { timeout: 15_000 }).toBe("True");
    await create("late", "true");
    const refused = await real.podOnce("late", ({ status }) => status.phase === "Failed");
    expect(refused.status).toMatchObject({ reason: "Evicted", message: "Pod was rejected: The node had condition: [MemoryPressure]. " });
    await expect.poll(isUnderPressure, { timeout: 50_000 }).toBe("False");
    expect(isPodReady(await real.pod("modest"))).toBe(true);
    for (const { metadata } of (await pods().list()).items) {
      await pods().delete(metadata.name);
      await real.goneOnce(metadata.name);
    }
  });
});
