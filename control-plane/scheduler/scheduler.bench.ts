import { type Clock, seededRandom } from "@kubets/machinery";
import { createCycle } from "./fast-cycle.ts";
import { defaultProfile } from "./plugins.ts";
import { type PodInfo, podInfo } from "./pod-info.ts";
import { Snapshot } from "./snapshot.ts";
import { aNode, aPod, type PodFacts } from "./testing/objects.ts";

/** One figure of a benchmark, larger is better. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: "pods/s";
  readonly goal: number;
}

export type Benchmark = (clock: Pick<Clock, "monotonic">) => Measured;

/** Scheduling cycles and assumptions from an empty cluster on, exact scoring of all nodes, without any API write: medians. */
export const schedulerBenchmarks: readonly Benchmark[] = [
  (clock) =>
    decisions(clock, { name: "scheduler core, 5,000 nodes, 20 templates", nodes: 5_000, pods: 10_000, templates: 20, goal: 50_000 }),
  (clock) =>
    decisions(clock, {
      name: "scheduler core, 5,000 nodes, every pod of its own kind",
      nodes: 5_000,
      pods: 1_000,
      templates: 1_000,
      goal: 3_000,
    }),
  (clock) =>
    decisions(clock, {
      name: "scheduler core, 5,000 nodes, 20 templates kept apart and spread",
      nodes: 5_000,
      pods: 10_000,
      templates: 20,
      goal: 10_000,
      apart: true,
    }),
  (clock) =>
    decisions(clock, { name: "scheduler core, 1,000 nodes, 20 templates", nodes: 1_000, pods: 10_000, templates: 20, goal: 50_000 }),
];

interface Load {
  readonly name: string;
  readonly nodes: number;
  readonly pods: number;
  readonly templates: number;
  readonly goal: number;
  /** Each host takes one Pod of a template, and each zone as many as the others. */
  readonly apart?: boolean;
}

/** As often as a scheduler that has been running for a while: its code is compiled after the first of these rounds. */
const rounds = 6;

function decisions({ monotonic }: Pick<Clock, "monotonic">, { name, nodes, pods, templates, goal, apart = false }: Load): Measured {
  const known = Array.from({ length: nodes }, (_, index) => benchNode(index));
  const waiting: readonly PodInfo[] = Array.from({ length: pods }, (_, index) =>
    podInfo(aPod({ name: `pod-${index}`, ...(apart ? apartTemplate : template)(index % templates) })),
  );
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const snapshot = new Snapshot(seededRandom(7));
    for (const node of known) snapshot.setNode(node);
    const cycle = createCycle({ snapshot, profile: defaultProfile });
    const began = monotonic();
    let placed = 0;
    for (const pod of waiting) {
      const decision = cycle.decide(pod);
      if (decision.kind !== "place") continue;
      snapshot.setPod(pod, decision.node);
      placed++;
    }
    const seconds = (monotonic() - began) / 1000;
    if (placed < pods * 0.99) throw new Error(`Cannot measure "${name}": only ${placed} of ${pods} Pods found a node`);
    if (round > 0) rates.push(pods / seconds);
  }
  return { name, value: rates.toSorted((a, b) => a - b)[rates.length >> 1]!, unit: "pods/s", goal };
}

function benchNode(index: number): ReturnType<typeof aNode> {
  return aNode({
    name: `node-${index}`,
    labels: {
      "kubernetes.io/hostname": `node-${index}`,
      "topology.kubernetes.io/zone": `zone-${index % 3}`,
      disk: index % 2 === 0 ? "ssd" : "hdd",
    },
    allocatable: { cpu: String(4 + (index % 4) * 4), memory: `${16 + (index % 3) * 16}Gi` },
    unschedulable: index % 100 === 0,
    ...(index % 10 === 0 ? { taints: [{ key: "dedicated", value: "batch", effect: "NoSchedule" as const }] } : {}),
  });
}

function template(index: number): PodFacts {
  const ssd = { matchExpressions: [{ key: "disk", operator: "In" as const, values: ["ssd"] }] };
  return {
    requests: { cpu: `${50 + index}m`, memory: `${64 + (index % 7) * 32}Mi` },
    ...(index % 4 === 0 ? { tolerations: [{ key: "dedicated", operator: "Exists" as const }] } : {}),
    ...(index % 5 === 0 ? { nodeSelector: { "topology.kubernetes.io/zone": `zone-${index % 3}` } } : {}),
    ...(index % 3 === 0
      ? { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, preference: ssd }] } } }
      : {}),
  };
}

function apartTemplate(index: number): PodFacts {
  const labels = { app: `app-${index}` };
  const labelSelector = { matchLabels: labels };
  return {
    requests: { cpu: `${50 + index}m`, memory: `${64 + (index % 7) * 32}Mi` },
    labels,
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "kubernetes.io/hostname", labelSelector }] },
    },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule", labelSelector },
    ],
  };
}
