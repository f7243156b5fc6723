import { type Node, NodeKind, type Pod, PodKind } from "@kubets/api";
import { createInformers, type DraftObject } from "@kubets/client";
import { seededRandom, silent } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { runSimulatedNodes, type RunningSimulatedNodes, type SimulatedNodesOptions } from "../index.ts";
import { noon } from "./objects.ts";

export interface Fixture extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly nodes: RunningSimulatedNodes;
  /** Creates a Pod on a node, past the scheduler, and lets it come up. */
  run(name: string, facts?: RunFacts): Promise<Pod>;
  pod(name: string): Promise<Pod>;
  node(name: string): Promise<Node>;
  /** Simulates the same nodes anew, as after a restart of the process. */
  again(options?: Partial<SimulatedNodesOptions>): Promise<RunningSimulatedNodes>;
}

export interface RunFacts {
  readonly image?: string;
  readonly nodeName?: string;
  readonly restartPolicy?: "Never" | "Always";
  readonly hostNetwork?: boolean;
}

export function podSpec({
  image = "main",
  nodeName = "simulated-0",
  restartPolicy = "Always",
  hostNetwork,
}: RunFacts = {}): DraftObject<Pod>["spec"] {
  return { containers: [{ name: "main", image }], nodeName, restartPolicy, ...(hostNetwork === undefined ? {} : { hostNetwork }) };
}

export interface FixtureOptions extends Partial<SimulatedNodesOptions> {
  /** With controllers and a scheduler; without, whatever happens is the nodes' doing. */
  readonly whole?: boolean;
}

export async function aCluster({ whole = false, ...options }: FixtureOptions = {}): Promise<Fixture> {
  const cluster = await startCluster({ nodes: 0, startTime: noon, seed: 1, controllers: whole, scheduler: whole });
  const opened = new AsyncDisposableStack();
  opened.use(cluster);
  const simulate = async (more: Partial<SimulatedNodesOptions>): Promise<RunningSimulatedNodes> => {
    const surroundings = { client: cluster.client, clock: cluster.clock, random: seededRandom(2), tasks: cluster.tasks, logger: silent };
    const informers = createInformers(surroundings);
    opened.defer(() => informers.stop());
    const nodes = opened.use(runSimulatedNodes({ ...surroundings, informers, nodes: 1, ...options, ...more }));
    await cluster.settle();
    return nodes;
  };
  const nodes = await simulate({});
  if (!whole) await cluster.apply('{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default","namespace":"default"}}');
  const pods = cluster.client.resource(PodKind).in("default");
  return {
    cluster,
    nodes,
    async run(name, facts) {
      await pods.create({ metadata: { name }, spec: podSpec(facts) });
      await cluster.settle();
      return pods.get(name);
    },
    pod: (name) => pods.get(name),
    node: (name) => cluster.client.resource(NodeKind).get(name),
    again: (more = {}) => simulate(more),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
