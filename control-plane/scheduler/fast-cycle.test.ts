import { type Node, type PodAffinityTerm, type Service, ServiceKind, type TopologySpreadConstraint } from "@kubets/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decide } from "./cycle.ts";
import { createCycle } from "./fast-cycle.ts";
import { defaultProfile } from "./plugins.ts";
import { type PodInfo, podInfo } from "./pod-info.ts";
import type { Snapshot } from "./snapshot.ts";
import { aNode, aPod, aSnapshot, type NodeFacts, type PodFacts } from "./testing/objects.ts";

const zone = fc.constantFrom("a", "b", "c");
const zoneLabel = "topology.kubernetes.io/zone";
const hostLabel = "kubernetes.io/hostname";
const app = fc.constantFrom("web", "db");
const likes = app.map((value) => ({ matchLabels: { app: value } }));
const topologyKey = fc.constantFrom(zoneLabel, hostLabel, "disk");
const spread: fc.Arbitrary<TopologySpreadConstraint> = fc.record(
  {
    topologyKey,
    labelSelector: likes,
    maxSkew: fc.integer({ min: 1, max: 2 }),
    whenUnsatisfiable: fc.constantFrom("DoNotSchedule" as const, "ScheduleAnyway" as const),
    minDomains: fc.integer({ min: 1, max: 3 }),
    nodeAffinityPolicy: fc.constantFrom("Honor" as const, "Ignore" as const),
    nodeTaintsPolicy: fc.constantFrom("Honor" as const, "Ignore" as const),
  },
  { requiredKeys: ["topologyKey", "maxSkew", "whenUnsatisfiable"] },
);
const term: fc.Arbitrary<PodAffinityTerm> = fc.record(
  { topologyKey, labelSelector: likes, namespaceSelector: fc.constant({ matchLabels: { team: "x" } }) },
  { requiredKeys: ["topologyKey"] },
);
const terms = fc.record(
  {
    requiredDuringSchedulingIgnoredDuringExecution: fc.array(term, { minLength: 1, maxLength: 2 }),
    preferredDuringSchedulingIgnoredDuringExecution: fc.array(
      fc.record({ weight: fc.integer({ min: 1, max: 100 }), podAffinityTerm: term }),
      { minLength: 1, maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);
/** What keeps Pods off most nodes, or makes every Pod one of its own, must leave something to see of the rest. */
const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

const nodeFacts: fc.Arbitrary<NodeFacts> = fc.record(
  {
    labels: fc.record(
      { zone, disk: fc.constantFrom("ssd", "hdd"), [zoneLabel]: zone, [hostLabel]: fc.constantFrom("x", "y", "z") },
      {
        requiredKeys: ["zone", "disk"],
      },
    ),
    allocatable: fc.record({
      cpu: fc.constantFrom("1", "2", "4"),
      memory: fc.constantFrom("2Gi", "4Gi"),
      pods: fc.constantFrom("3", "110"),
    }),
    unschedulable: rarely(fc.constant(true)),
    taints: rarely(
      fc.array(
        fc.record({
          key: fc.constantFrom("x", "y"),
          effect: fc.constantFrom("NoSchedule" as const, "PreferNoSchedule" as const, "NoExecute" as const),
        }),
        { maxLength: 2 },
      ),
    ),
    images: fc.constantFrom(undefined, [{ names: ["main:1"], sizeBytes: 500 * 2 ** 20 }]),
  },
  { requiredKeys: ["labels", "allocatable"] },
);

const podFacts: fc.Arbitrary<PodFacts> = fc.record(
  {
    requests: fc.record({ cpu: fc.constantFrom("100m", "500m", "1"), memory: fc.constantFrom("100Mi", "1Gi") }, { requiredKeys: [] }),
    hostPorts: rarely(fc.constantFrom([{ hostPort: 80 }], [{ hostPort: 81 }])),
    priority: fc.constantFrom(0, 10),
    tolerations: fc.constantFrom([{ key: "x", operator: "Exists" as const }], [{ operator: "Exists" as const }]),
    nodeSelector: rarely(fc.record({ zone })),
    labels: fc.record({ app }),
    topologySpreadConstraints: fc.array(spread, { minLength: 1, maxLength: 2 }),
    affinity: fc.record(
      {
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
        podAffinity: rarely(terms),
        podAntiAffinity: rarely(terms),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

type Step =
  /** `unlike`: it asks for an amount that no other asks for. */
  | { readonly kind: "schedule"; readonly template: number; readonly unlike: boolean }
  | { readonly kind: "remove" | "end"; readonly pod: number }
  | { readonly kind: "relabel"; readonly pod: number; readonly app: string }
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
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("remove" as const, "end" as const), pod: fc.nat({ max: 12 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("relabel" as const), pod: fc.nat({ max: 12 }), app }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("change" as const), node: fc.nat({ max: 7 }), facts: nodeFacts }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const), node: fc.nat({ max: 7 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("nominate" as const), template: fc.nat({ max: 3 }), node: fc.nat({ max: 7 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("withdraw" as const) }) },
  ),
  { minLength: 1, maxLength: 60 },
);

/** A Service leads to the Pods of the web, and every namespace is of team x. */
function followed(snapshot: Snapshot): Snapshot {
  const service = { kind: ServiceKind.kind, metadata: { name: "web", namespace: "default" }, spec: { selector: { app: "web" } } };
  const none = { get: () => undefined };
  const services = [service as unknown as Service];
  snapshot.spreading.follow({ services: { list: () => services }, replicaSets: none, replicationControllers: none, statefulSets: none });
  snapshot.followNamespaces({ get: (name) => ({ metadata: { name, labels: { team: "x" } } }) as never });
  return snapshot;
}

/** Nodes and Pods as they are now, without anything that was remembered on the way there. */
interface World {
  readonly nodes: Map<string, Node>;
  readonly pods: Map<string, { readonly pod: PodInfo; readonly node: string }>;
  nominated: readonly [pod: PodInfo, node: string] | undefined;
}

function fromScratch({ nodes, pods, nominated }: World, like: Snapshot): Snapshot {
  const snapshot = followed(aSnapshot({ nodes: [...nodes.values()] }));
  for (const { pod, node } of pods.values()) snapshot.setPod(pod, node);
  if (nominated !== undefined) snapshot.nominations.put(...nominated);
  for (const name of nodes.keys()) snapshot.tieBreak.values[snapshot.slotOf(name)!] = like.tieBreak.values[like.slotOf(name)!]!;
  return snapshot;
}

test("what classes of Pods remember, and what Pods that are alike in part share, leads to the same decisions as asking every node anew", () => {
  const cluster = fc.record({
    nodes: fc.array(nodeFacts, { minLength: 1, maxLength: 6 }),
    templates: fc.array(podFacts, { minLength: 4, maxLength: 4 }),
    steps,
    maximumRankings: fc.constantFrom(1, 4_000_000),
  });
  fc.assert(
    fc.property(cluster, ({ nodes, templates, steps, maximumRankings }) => {
      const named = (facts: NodeFacts, index: number): Node => aNode({ ...facts, name: `node-${index}` });
      const world: World = { nodes: new Map(), pods: new Map(), nominated: undefined };
      const snapshot = followed(aSnapshot({ nodes: [] }));
      const setNode = (node: Node): void => {
        snapshot.setNode(node);
        world.nodes.set(node.metadata.name, node);
      };
      const setPod = (pod: PodInfo, node: string): void => {
        snapshot.setPod(pod, node);
        world.pods.set(pod.key, { pod, node });
      };
      const change = (index: number, metadata: Partial<PodInfo["pod"]["metadata"]>): void => {
        const known = world.pods.get(`default/pod-${index}`);
        if (known === undefined) return;
        const { pod } = known.pod;
        setPod(podInfo({ ...pod, metadata: { ...pod.metadata, ...metadata } }), known.node);
      };
      for (const [index, facts] of nodes.entries()) setNode(named(facts, index));
      const cycle = createCycle({ snapshot, profile: defaultProfile, maximumRankings });
      let made = 0;
      for (const step of steps) {
        switch (step.kind) {
          case "schedule": {
            const facts = templates[step.template]!;
            const requests = step.unlike ? { requests: { ...facts.requests, cpu: `${200 + made}m` } } : {};
            const pod = podInfo(aPod({ ...facts, ...requests, name: `pod-${made++}` }));
            const plain = decide(fromScratch(world, snapshot), pod, defaultProfile);
            const fast = cycle.decide(pod);
            if (plain.kind === "place") expect(fast).toEqual(plain);
            else expect(fast).toMatchObject({ kind: "unschedulable", diagnosis: plain.diagnosis });
            if (plain.kind === "place") setPod(pod, plain.node);
            break;
          }
          case "remove":
            snapshot.removePod(`default/pod-${step.pod}`);
            world.pods.delete(`default/pod-${step.pod}`);
            break;
          case "end":
            change(step.pod, { deletionTimestamp: "2026-01-01T00:00:00Z" });
            break;
          case "relabel":
            change(step.pod, { labels: { app: step.app } });
            break;
          case "change":
            setNode(named(step.facts, step.node));
            break;
          case "drop":
            snapshot.removeNode(`node-${step.node}`);
            world.nodes.delete(`node-${step.node}`);
            break;
          case "nominate":
            world.nominated = [podInfo(aPod({ ...templates[step.template], name: "nominated" })), `node-${step.node}`];
            snapshot.nominations.put(...world.nominated);
            break;
          case "withdraw":
            world.nominated = undefined;
            snapshot.nominations.withdraw("default/nominated");
            break;
        }
      }
    }),
    { numRuns: 400 },
  );
});
