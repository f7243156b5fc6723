import type { Node } from "@kubets/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decide } from "./cycle.ts";
import { createCycle } from "./fast-cycle.ts";
import { defaultProfile } from "./plugins.ts";
import { podInfo } from "./pod-info.ts";
import { aNode, aPod, aSnapshot, type NodeFacts, type PodFacts } from "./testing/objects.ts";

const zone = fc.constantFrom("a", "b", "c");
const nodeFacts: fc.Arbitrary<NodeFacts> = fc.record(
  {
    labels: fc.record({ zone, disk: fc.constantFrom("ssd", "hdd") }),
    allocatable: fc.record({
      cpu: fc.constantFrom("1", "2", "4"),
      memory: fc.constantFrom("2Gi", "4Gi"),
      pods: fc.constantFrom("3", "110"),
    }),
    unschedulable: fc.boolean(),
    taints: fc.array(
      fc.record({
        key: fc.constantFrom("x", "y"),
        effect: fc.constantFrom("NoSchedule" as const, "PreferNoSchedule" as const, "NoExecute" as const),
      }),
      { maxLength: 2 },
    ),
    images: fc.constantFrom(undefined, [{ names: ["main:1"], sizeBytes: 500 * 2 ** 20 }]),
  },
  { requiredKeys: ["labels", "allocatable"] },
);

const podFacts: fc.Arbitrary<PodFacts> = fc.record(
  {
    requests: fc.record({ cpu: fc.constantFrom("100m", "500m", "1"), memory: fc.constantFrom("100Mi", "1Gi") }, { requiredKeys: [] }),
    hostPorts: fc.constantFrom([{ hostPort: 80 }], [{ hostPort: 81 }]),
    priority: fc.constantFrom(0, 10),
    tolerations: fc.constantFrom([{ key: "x", operator: "Exists" as const }], [{ operator: "Exists" as const }]),
    nodeSelector: fc.record({ zone }),
    affinity: fc.record({
      nodeAffinity: fc.record(
        {
          requiredDuringSchedulingIgnoredDuringExecution: fc.constantFrom(
            { nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "In" as const, values: ["ssd"] }] }] },
            { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In" as const, values: ["node-0", "node-2"] }] }] },
          ),
          preferredDuringSchedulingIgnoredDuringExecution: fc.array(
            fc.record({
              weight: fc.integer({ min: 1, max: 100 }),
              preference: zone.map((value) => ({ matchExpressions: [{ key: "zone", operator: "In" as const, values: [value] }] })),
            }),
            { minLength: 1, maxLength: 2 },
          ),
        },
        { requiredKeys: [] },
      ),
    }),
  },
  { requiredKeys: [] },
);

type Step =
  /** `unlike`: it asks for an amount that no other asks for. */
  | { readonly kind: "schedule"; readonly template: number; readonly unlike: boolean }
  | { readonly kind: "remove"; readonly pod: number }
  | { readonly kind: "change"; readonly node: number; readonly facts: NodeFacts }
  | { readonly kind: "drop"; readonly node: number }
  | { readonly kind: "nominate"; readonly template: number; readonly node: number }
  | { readonly kind: "withdraw" };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ kind: fc.constant("schedule" as const), template: fc.nat({ max: 3 }), unlike: fc.boolean() }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const), pod: fc.nat({ max: 30 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("change" as const), node: fc.nat({ max: 7 }), facts: nodeFacts }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const), node: fc.nat({ max: 7 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("nominate" as const), template: fc.nat({ max: 3 }), node: fc.nat({ max: 7 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("withdraw" as const) }) },
  ),
  { minLength: 1, maxLength: 60 },
);

test("what classes of Pods remember, and what Pods that are alike in part share, leads to the same decisions as asking every node each time", () => {
  const cluster = fc.record({
    nodes: fc.array(nodeFacts, { minLength: 1, maxLength: 6 }),
    templates: fc.array(podFacts, { minLength: 4, maxLength: 4 }),
    steps,
    maximumRankings: fc.constantFrom(1, 4_000_000),
  });
  fc.assert(
    fc.property(cluster, ({ nodes, templates, steps, maximumRankings }) => {
      const named = (facts: NodeFacts, index: number): Node => aNode({ ...facts, name: `node-${index}` });
      const snapshot = aSnapshot({ nodes: nodes.map(named) });
      const cycle = createCycle({ snapshot, profile: defaultProfile, maximumRankings });
      let made = 0;
      const pods: string[] = [];
      for (const step of steps) {
        switch (step.kind) {
          case "schedule": {
            const facts = templates[step.template]!;
            const requests = step.unlike ? { requests: { ...facts.requests, cpu: `${200 + made}m` } } : {};
            const pod = podInfo(aPod({ ...facts, ...requests, name: `pod-${made++}` }));
            const plain = decide(snapshot, pod, defaultProfile);
            const fast = cycle.decide(pod);
            if (plain.kind === "place") expect(fast).toEqual(plain);
            else expect(fast).toMatchObject({ kind: "unschedulable", diagnosis: plain.diagnosis });
            if (plain.kind === "place") {
              snapshot.setPod(pod, plain.node);
              pods.push(pod.key);
            }
            break;
          }
          case "remove":
            if (pods[step.pod] !== undefined) snapshot.removePod(pods[step.pod]!);
            break;
          case "change":
            snapshot.setNode(named(step.facts, step.node));
            break;
          case "drop":
            snapshot.removeNode(`node-${step.node}`);
            break;
          case "nominate":
            snapshot.nominations.put(podInfo(aPod({ ...templates[step.template], name: "nominated" })), `node-${step.node}`);
            break;
          case "withdraw":
            snapshot.nominations.withdraw("default/nominated");
            break;
        }
      }
    }),
    { numRuns: 300 },
  );
});
