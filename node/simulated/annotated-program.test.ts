import { PodKind } from "@kubets/api";
import { type Cluster, startCluster } from "@kubets/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { annotatedProgram } from "./annotated-program.ts";

// What annotations say that simulated containers do.

let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster({ nodes: 1, programs: [annotatedProgram] });
});
afterEach(() => cluster[Symbol.asyncDispose]());

const pods = () => cluster.client.resource(PodKind).in("default");
const create = async (annotations: Readonly<Record<string, string>>): Promise<void> => {
  const probe = { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 1 };
  const spec = { restartPolicy: "OnFailure", containers: [{ name: "main", image: "web:1", readinessProbe: probe, livenessProbe: probe }] };
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([name, text]) => [`simulated.kubets.dev/${name}`, text]));
  await cluster.apply(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "web", annotations: prefixed }, spec }));
  await cluster.clock.advance(2_000);
};
const annotate = async (name: string, text: string): Promise<void> => {
  await pods().patch("web", { metadata: { annotations: { [`simulated.kubets.dev/${name}`]: text } } }, { type: "merge" });
  await cluster.clock.advance(2_000);
};
const container = async (): Promise<object> => {
  const { ready, restartCount } = (await pods().get("web")).status.containerStatuses![0]!;
  return { ready, restartCount };
};

test("a Pod is ready as long as they say so", async () => {
  await create({ ready: "false" });
  expect(await container()).toEqual({ ready: false, restartCount: 0 });
  await annotate("ready", "true");
  expect(await container()).toEqual({ ready: true, restartCount: 0 });
  await annotate("ready", "false");
  expect(await container()).toEqual({ ready: false, restartCount: 0 });
});

test("a container that isn't alive is restarted", async () => {
  await create({ live: "true" });
  expect(await container()).toMatchObject({ restartCount: 0 });
  await annotate("live", "false");
  expect(await container()).toMatchObject({ restartCount: 1 });
});

test("a container ends when they say, as they say", async () => {
  await create({ "run-for": "5s", "exit-code": "0", logs: "one\ntwo" });
  expect((await pods().get("web")).status.phase).toBe("Running");
  await cluster.clock.advance(5_000);
  expect((await pods().get("web")).status).toMatchObject({
    phase: "Succeeded",
    containerStatuses: [{ state: { terminated: { exitCode: 0, reason: "Completed" } } }],
  });
});

test("what can't be read says nothing", async () => {
  await create({ "run-for": "soon", "exit-code": "many", other: "x" });
  await cluster.clock.advance(60_000);
  expect(await container()).toEqual({ ready: true, restartCount: 0 });
});
