import { DeploymentKind, LeaseKind, PodKind, ReplicaSetKind } from "@kubets/api";
import { createClient, createInformers, createInProcessTransport, electLeader } from "@kubets/client";
import { type Handler, seededRandom, silent, unmeasured, type UserInfo } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";
import { runControllerManager } from "./controller-manager.ts";
import { deploymentController } from "./deployment/index.ts";
import { replicaSetController } from "./replicaset/index.ts";

const lease = { namespace: "kube-system", name: "kube-controller-manager" };

interface Manager {
  readonly isLeading: () => boolean;
  /** Ends it as a signal would: the lease is given up. */
  stop(): Promise<void>;
  /** Ends it as a crash would: it neither works nor renews any more, and says nothing. */
  crash(): Promise<void>;
}

/** One of several managers of a cluster: works while it holds the lease. */
function contend(cluster: Cluster, identity: string, seed: number): Manager {
  const { clock, tasks, controlPlane } = cluster;
  const surroundings = { clock, random: seededRandom(seed), tasks, logger: silent, metrics: unmeasured };
  const clientFor = (as: UserInfo) => controlPlane.clientFor(as, "kube-controller-manager");
  const user: UserInfo = { name: "system:kube-controller-manager", groups: [] };
  const client = clientFor(user);
  const stopping = new AbortController();
  let isCrashed = false;
  let isLeading = false;
  const work = async (signal: AbortSignal): Promise<void> => {
    const informers = createInformers({ ...surroundings, client });
    const manager = runControllerManager({
      ...surroundings,
      informers,
      controllers: [deploymentController, replicaSetController],
      clientFor,
    });
    isLeading = true;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    isLeading = false;
    await manager.stop();
    await informers.stop();
  };
  const handle: Handler = async (...request) => {
    if (isCrashed) throw new Error("the process is gone");
    return controlPlane.apiServer.handle(...request);
  };
  const election = createClient(createInProcessTransport({ handle, peer: { via: "in-process", user }, tasks }));
  const ended = electLeader({
    ...surroundings,
    client: election,
    lease,
    identity,
    onStartedLeading: work,
    signal: stopping.signal,
  });
  const stop = async (): Promise<void> => {
    stopping.abort(new Error("The manager is stopped"));
    await ended;
  };
  return {
    isLeading: () => isLeading,
    stop,
    crash: async () => {
      isCrashed = true;
      await stop();
    },
  };
}

test("of several managers one works; when it ends or crashes another takes over, and nothing is made twice", async () => {
  await using cluster = await startCluster({ nodes: 2, seed: 1, controllers: ["serviceaccount", "node-lifecycle"] });
  const deployments = cluster.client.resource(DeploymentKind).in("default");
  const counts = async () => {
    const [replicaSets, pods] = [ReplicaSetKind, PodKind].map((kind) =>
      cluster.client
        .resource(kind as typeof PodKind)
        .in("default")
        .list(),
    );
    return [(await replicaSets!).items.length, (await pods!).items.length];
  };
  const holder = async () => (await cluster.client.resource(LeaseKind).in(lease.namespace).get(lease.name)).spec?.holderIdentity;
  const managers = ["one", "two", "three"].map((identity, index) => contend(cluster, identity, index));
  const leaders = () => managers.flatMap((manager, index) => (manager.isLeading() ? [index] : []));
  await cluster.clock.advance("30s");
  const [first = -1] = leaders();
  expect([leaders().length, await holder()]).toEqual([1, ["one", "two", "three"][first]]);
  const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } };
  await deployments.create({ metadata: { name: "web" }, spec: { replicas: 2, selector: { matchLabels: { app: "web" } }, template } });
  await cluster.clock.advance("10s");
  expect(await counts()).toEqual([1, 2]);

  // Given up, the lease is taken at the next try.
  await managers[first]!.stop();
  await deployments.patch("web", { spec: { replicas: 3 } }, { type: "merge" });
  await cluster.clock.advance("10s");
  const [second = -1] = leaders();
  expect([leaders().length, second === first, await counts()]).toEqual([1, false, [1, 3]]);

  // Of one that has crashed the others wait until the lease has run out.
  await managers[second]!.crash();
  await deployments.patch("web", { spec: { replicas: 5 } }, { type: "merge" });
  await cluster.clock.advance("5s");
  expect([leaders(), await counts()]).toEqual([[], [1, 3]]);
  await cluster.clock.advance("30s");
  expect([leaders().length, await counts()]).toEqual([1, [1, 5]]);
  for (const manager of managers) await manager.stop();
});
