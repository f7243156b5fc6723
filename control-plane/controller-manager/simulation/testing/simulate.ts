import { type AnyController, createClient, createInformers, createInProcessTransport, type ResourceClient } from "@kubets/client";
import { type Kind, type KubernetesObject, type Random, seededRandom, silent, unmeasured, type UserInfo } from "@kubets/machinery";
import { type Cluster, type ClusterOptions, startCluster } from "@kubets/testkit";
import { runControllerManager } from "../../controller-manager.ts";
import { type Mishaps, stormy } from "./storm.ts";

/** What a scenario acts on. */
export interface World {
  readonly cluster: Cluster;
  readonly random: Random;
  readonly mishaps: Mishaps;
  /** The objects of a kind that is followed, as they are at the revision that was seen last. */
  of<T extends KubernetesObject>(kind: Kind<T>): readonly T[];
}

/** One revision: an object became `object` (gone when absent), and was `previous` before. */
export interface Step {
  readonly kind: Kind;
  readonly object?: KubernetesObject;
  readonly previous?: KubernetesObject;
}

export interface Scenario {
  /** What the simulation is about: runs over a connection that fails, and is restarted at any moment: anew, with nothing in its memory. */
  readonly controllers: () => readonly AnyController[];
  /** What runs beside it, undisturbed, besides what Pods need to be made and to run: names of controllers. */
  readonly beside?: readonly string[];
  readonly cluster?: Pick<ClusterOptions, "nodes" | "programs" | "startTime" | "metricsServer" | "runtimeConfig">;
  /** Makes what has to be there before anything can be followed, such as the definitions of kinds. */
  readonly prepare?: (cluster: Cluster) => Promise<void>;
  /** Of these kinds every revision is followed, over a connection that holds. */
  readonly follows: readonly Kind[];
  /** Declares what there should be. */
  readonly setUp: (world: World) => Promise<void>;
  /** Something that people do. What the server refuses, they don't do. */
  readonly meddle: (world: World) => Promise<void>;
  /** What is wrong at a revision: the rules that hold at each of them. */
  readonly check: (step: Step, world: World) => string | undefined;
  /** What is still not as it was declared, when nothing has been done and nothing has gone wrong for a while. */
  readonly unreached: (world: World) => Promise<unknown>;
  /** Nothing goes wrong any more from here on, neither in the simulation nor by what people do. */
  readonly calm?: (world: World) => Promise<void>;
  readonly rounds?: number;
  /** How much time passes in a round at most, in milliseconds; 4000 when absent. */
  readonly pace?: number;
}

/** What was found wrong: at revisions, and at the end. Both empty when all is well. */
export interface Findings {
  readonly wrong: readonly string[];
  readonly unreached: unknown;
  /** How many revisions were followed; a simulation in which nothing happened shows nothing. */
  readonly revisions: number;
}

/**
 * Lets controllers work on a cluster while answers get lost, watches break, events come late and twice, and their process restarts anywhere.
 * The same seed gives the same course.
 */
export async function simulate(scenario: Scenario, seed: number): Promise<Findings> {
  const { beside = [], rounds = 40, pace = 4_000 } = scenario;
  const tried = new Set(scenario.controllers().map(({ name }) => name));
  await using cluster = await startCluster({
    nodes: 3,
    ...scenario.cluster,
    controllers: ["serviceaccount", "node-lifecycle", ...beside].filter((name) => !tried.has(name)),
    seed,
  });
  await scenario.prepare?.(cluster);
  const random = seededRandom(seed * 1000);
  const mishaps: Mishaps = { lostAnswers: 0 };
  const history = createHistory();
  const world: World = { cluster, random, mishaps, of: history.of };
  const wrong: string[] = [];
  const ended = new AbortController();
  const told = (step: Step): void => {
    const problem = scenario.check(step, world);
    if (problem !== undefined) wrong.push(`${(step.object ?? step.previous)!.metadata.resourceVersion}: ${problem}`);
  };
  const following = Promise.all(
    scenario.follows.map((kind) =>
      history.follow(cluster.client.resource(kind), kind, told, ended.signal).catch((error: unknown) => {
        if (!ended.signal.aborted) throw error;
      }),
    ),
  );
  await cluster.settle();

  let manager = startManager(world, scenario.controllers(), "unreliable");
  await scenario.setUp(world);
  for (let round = 0; round < rounds; round++) {
    if (random.fraction() < 0.5) await scenario.meddle(world);
    if (random.fraction() < 0.15) {
      await manager.stop();
      manager = startManager(world, scenario.controllers(), "unreliable");
    }
    await cluster.clock.advance(Math.floor(random.fraction() * pace));
  }
  await manager.stop();
  manager = startManager(world, scenario.controllers(), "reliable");
  await scenario.calm?.(world);
  await cluster.clock.advance("15m");
  const unreached = await scenario.unreached(world);
  await manager.stop();
  ended.abort(new Error("The simulation is over"));
  await following;
  return { wrong, unreached, revisions: history.revisions };
}

function startManager(
  { cluster, random, mishaps }: World,
  controllers: readonly AnyController[],
  connection: "reliable" | "unreliable",
): { stop(): Promise<void> } {
  const { clock, tasks, controlPlane } = cluster;
  const { handle } = controlPlane.apiServer;
  const surroundings = { clock, random, tasks, logger: silent, metrics: unmeasured };
  const clientFor = (user: UserInfo) => {
    const over = connection === "reliable" ? handle : stormy(handle, random, mishaps);
    return createClient(createInProcessTransport({ handle: over, peer: { via: "in-process", user }, tasks }));
  };
  const informers = createInformers({ ...surroundings, client: clientFor({ name: "system:kube-controller-manager", groups: [] }) });
  const manager = runControllerManager({ ...surroundings, informers, controllers, clientFor });
  return { stop: async () => void (await manager.stop(), await informers.stop()) };
}

interface History {
  readonly revisions: number;
  readonly of: World["of"];
  follow(resource: ResourceClient<KubernetesObject>, kind: Kind, told: (step: Step) => void, signal: AbortSignal): Promise<void>;
}

function createHistory(): History {
  const kinds = new Map<string, Map<string, KubernetesObject>>();
  let revisions = 0;
  return {
    get revisions() {
      return revisions;
    },
    of: <T extends KubernetesObject>(kind: Kind<T>) => [...(kinds.get(kind.kind)?.values() ?? [])] as unknown as readonly T[],
    async follow(resource, kind, told, signal) {
      const { items, metadata } = await resource.list();
      const objects = new Map(items.map((object) => [object.metadata.uid, object]));
      kinds.set(kind.kind, objects);
      let last = metadata.resourceVersion ?? "";
      // The server ends the watches of custom objects when their definition changes.
      while (!signal.aborted)
        for await (const batch of resource.watch({ resourceVersion: last, signal })) {
          for (const { type, object } of batch) {
            revisions++;
            last = object.metadata.resourceVersion;
            const previous = objects.get(object.metadata.uid);
            if (type === "DELETED") objects.delete(object.metadata.uid);
            else objects.set(object.metadata.uid, object);
            told({ kind, ...(type === "DELETED" ? {} : { object }), ...(previous === undefined ? {} : { previous }) });
          }
        }
    },
  };
}
