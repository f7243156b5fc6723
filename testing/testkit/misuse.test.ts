import { ConfigMapKind, PodKind } from "@kubets/api";
import { type Controller, watch } from "@kubets/client";
import type { Kind } from "@kubets/machinery";
import { expect, test } from "vitest";
import { NotSettledError } from "./not-settled.ts";
import { startCluster } from "./start-cluster.ts";

const pod = `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: [{ name: web, image: "web:1" }] }
`;

test("time doesn't go backwards", async () => {
  await using cluster = await startCluster({ nodes: 0 });
  const now = cluster.clock.now();
  await expect(cluster.clock.advance(-1)).rejects.toThrow("Cannot advance the clock by -1: time only goes forward");
  await expect(cluster.clock.advance("-1h")).rejects.toThrow("Cannot advance the clock by -1h: time only goes forward");
  await expect(cluster.clock.advance("soon")).rejects.toThrow('Cannot read the duration "soon"');
  expect(cluster.clock.now()).toBe(now);
});

test("a cluster that has been disposed of says so, whatever is asked of it", async () => {
  const cluster = await startCluster({ nodes: 0 });
  const { client } = cluster;
  await cluster[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
  const gone = /^Cannot .*: the cluster has been disposed of$/;
  await expect(client.resource(PodKind).list()).rejects.toThrow(gone);
  await expect(cluster.apply(pod)).rejects.toThrow(gone);
  await expect(cluster.settle()).rejects.toThrow("Cannot settle: the cluster has been disposed of");
  await expect(cluster.fork()).rejects.toThrow("Cannot fork the cluster: the cluster has been disposed of");
  await expect(cluster.snapshot()).rejects.toThrow(gone);
  await expect(cluster.clock.advance("1m")).rejects.toThrow(gone);
  await expect(cluster.explain("pod/web")).rejects.toThrow(gone);
  expect(() => cluster.at(1)).toThrow(gone);
  expect(() => cluster.url).toThrow(gone);
});

/** An operator that is never content: every change that it sees makes it write again. */
const restless: Controller<{ readonly name: string; readonly turns: number }> = {
  name: "restless",
  watches: [watch(ConfigMapKind)],
  observe(key, caches) {
    const map = caches.of(ConfigMapKind).get(key);
    return map?.metadata.name !== "spinning" ? undefined : { name: map.metadata.name, turns: Number(map.data?.["turns"] ?? 0) };
  },
  reconcile: ({ name, turns }) => ({
    actions: [
      {
        verb: "patch",
        kind: ConfigMapKind as unknown as Kind,
        namespace: "default",
        name,
        type: "merge",
        patch: { data: { turns: `${turns + 1}` } },
      },
    ],
  }),
};

test("a loop that never rests is named, with the object that it writes", async () => {
  await using cluster = await startCluster({ nodes: 0, operators: [restless] });
  await using other = await startCluster({ nodes: 1 });
  // Something that is told in Events: there is no node for it.
  await cluster.apply(pod);
  await cluster.settle();
  await cluster.client
    .resource(ConfigMapKind)
    .in("default")
    .create({ metadata: { name: "spinning" } });
  await other.apply(pod);
  const error = await cluster.settle({ seconds: 0.3 }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NotSettledError);
  const [busiest] = (error as NotSettledError).busiest;
  expect(busiest).toMatchObject({ object: "configmaps/default/spinning", by: "restless" });
  const { message } = error as NotSettledError;
  expect(message).toMatch(/^The cluster did not settle within 0\.3 s\. Still moving: \d+ × /);
  expect(message).toContain("Written again and again:\n  configmaps/default/spinning, ");
  expect(message).toMatch(/\nLast Events:\n(  .*\n)*  .*FailedScheduling.*no nodes available to schedule pods/);
  await other.settle();
  expect((await other.client.resource(PodKind).in("default").get("web")).status.phase).toBe("Running");
});

test("an image's function that throws is named, and nobody else is touched", async () => {
  const programs = [
    ({ container }: { readonly container: { readonly image?: string } }) => {
      if (container.image === "broken:1") throw new Error("my mistake");
      return undefined;
    },
  ];
  await using cluster = await startCluster({ nodes: 1, programs });
  await using other = await startCluster({ nodes: 1 });
  await cluster.apply(pod);
  await cluster.apply(pod.replace("name: web }", "name: broken }").replace("web:1", "broken:1"));
  await other.apply(pod);
  await cluster.settle();
  await other.settle();
  expect(cluster.failures.map(({ error }) => (error as Error).message)).toEqual([
    'The program of image "broken:1" failed for the container web of Pod default/broken: my mistake',
  ]);
  const phase = async (of: typeof cluster, name: string): Promise<string | undefined> =>
    (await of.client.resource(PodKind).in("default").get(name)).status.phase;
  expect([await phase(cluster, "web"), await phase(other, "web"), other.failures]).toEqual(["Running", "Running", []]);
});

test("a function that throws while its container is probed or measured is named, and nobody else is touched", async () => {
  const fail = (): never => {
    throw new Error("my mistake");
  };
  const probed = JSON.parse(
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"probed"},"spec":{"containers":[{"name":"web","image":"probed:1"}]}}',
  ) as { spec: { containers: { livenessProbe?: object }[] } };
  probed.spec.containers[0]!.livenessProbe = { tcpSocket: { port: 80 }, initialDelaySeconds: 5 };
  await using cluster = await startCluster({
    programs: [
      ({ container }) =>
        ({ "probed:1": { live: fail }, "measured:1": { usage: (running: number) => (running < 15_000 ? {} : fail()) } })[container.image!],
    ],
  });
  await using other = await startCluster({});
  await cluster.apply(JSON.stringify(probed));
  await cluster.apply(pod.replace("name: web }", "name: measured }").replace("web:1", "measured:1"));
  await cluster.apply(pod);
  await other.apply(pod);
  await cluster.clock.advance("1m");
  await other.clock.advance("1m");
  const told = new Set(cluster.failures.map(({ error }) => (error as Error).message));
  expect(told).toEqual(
    new Set(
      ["probed", "measured"].map(
        (name) => `The program of image "${name}:1" failed for the container web of Pod default/${name}: my mistake`,
      ),
    ),
  );
  const { items } = await cluster.client.resource(PodKind).list();
  expect([items.map(({ status }) => status.phase), other.failures]).toEqual([["Running", "Running", "Running"], []]);
});
