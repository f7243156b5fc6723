import {
  CertificateSigningRequestKind,
  CronJobKind,
  JobKind,
  LeaseKind,
  NodeKind,
  PodKind,
  ServiceAccountKind,
  type TokenRequest,
  TokenReviewKind,
} from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Cluster, ClusterOptions } from "./cluster.ts";
import type { Program } from "./index.ts";
import { startCluster } from "./start-cluster.ts";

// One test for everything that waits for a moment: none of them waits for the machine's time.

const images: Readonly<Record<string, Program>> = {
  "crash:1": { runFor: 1_000, exitCode: 1 },
  "done:1": { runFor: 1_000 },
  "sick:1": { live: 60_000 },
};

const usual: ClusterOptions = {
  seed: 1,
  startTime: Date.UTC(2027, 0, 1) as Instant,
  programs: [({ container }) => images[container.image ?? ""]],
};
/** Hours pass in no time where nodes seldom say that they live. */
const calm: ClusterOptions = { ...usual, nodes: 1, heartbeat: "1h" };

let cluster: Cluster;
beforeEach(async () => {
  // Three nodes: where all fail at once, nobody is evicted.
  cluster = await startCluster({ ...usual, nodes: 3 });
});
afterEach(async () => {
  const { failures } = cluster;
  await cluster[Symbol.asyncDispose]();
  expect(failures).toEqual([]);
});

const restartsOf = async (name: string): Promise<number | undefined> =>
  (await cluster.client.resource(PodKind).in("default").get(name)).status.containerStatuses?.[0]?.restartCount;

const pod = (name: string, container: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec: { containers: [{ name: main, ${container} }] }
`;

const podTemplate = { spec: { restartPolicy: "Never" as const, containers: [{ name: "main", image: "done:1" }] } };

test("a CronJob's hours come, and what it made goes when its time to live is over", async () => {
  await using patient = await startCluster(calm);
  const jobTemplate = { spec: { ttlSecondsAfterFinished: 5_400, template: podTemplate } };
  await patient.client
    .resource(CronJobKind)
    .in("default")
    .create({ metadata: { name: "hourly" }, spec: { schedule: "0 * * * *", jobTemplate } });
  const seen = new Set<string>();
  await patient.clock.advance("30s");
  for (let hour = 1; hour <= 4; hour++) {
    await patient.clock.advance("1h");
    const { items } = await patient.client.resource(JobKind).list();
    for (const { metadata } of items) seen.add(metadata.name);
    // The one of this hour, which has only begun, and the one before it: an hour and a half after its end it is gone.
    expect(items.length).toBeLessThanOrEqual(2);
  }
  expect(seen.size).toBe(4);
});

test("a container that crashes waits longer each time", async () => {
  await cluster.apply(pod("crash", 'image: "crash:1"'));
  const counts: (number | undefined)[] = [];
  for (let minute = 0; minute < 10; minute++) {
    await cluster.clock.advance("1m");
    counts.push(await restartsOf("crash"));
  }
  // At once, then after 10, 20, 40, 80 and 160 seconds; the next after 300.
  expect(counts).toEqual([3, 4, 5, 5, 5, 6, 6, 6, 6, 6]);
});

test("a probe asks in its period, and ends a container that doesn't answer", async () => {
  await cluster.apply(pod("sick", 'image: "sick:1", livenessProbe: { tcpSocket: { port: 80 }, periodSeconds: 20, failureThreshold: 2 }'));
  await cluster.clock.advance("65s");
  const before = await restartsOf("sick");
  await cluster.clock.advance("60s");
  expect([before, await restartsOf("sick")]).toEqual([0, 1]);
});

test("a node's Lease is renewed every ten seconds; of a node that fails the Pods are given up after five minutes", async () => {
  const renewal = async (): Promise<number> =>
    Date.parse((await cluster.client.resource(LeaseKind).in("kube-node-lease").get("simulated-0")).spec.renewTime!);
  const first = await renewal();
  await cluster.clock.advance("1m");
  expect((await renewal()) - first).toBe(60_000);

  await cluster.apply(pod("web", 'image: "web:1"'));
  await cluster.settle();
  const { nodeName = "" } = (await cluster.client.resource(PodKind).in("default").get("web")).spec;
  cluster.controlPlane.simulatedNodes!.node(nodeName).fail();
  await cluster.clock.advance("1m");
  const { status } = await cluster.client.resource(NodeKind).get(nodeName);
  expect(status.conditions?.find(({ type }) => type === "Ready")?.status).toBe("Unknown");
  const isDeleted = async (): Promise<boolean> =>
    (await cluster.client.resource(PodKind).in("default").get("web")).metadata.deletionTimestamp !== undefined;
  await cluster.clock.advance("4m");
  const early = await isDeleted();
  await cluster.clock.advance("2m");
  expect([early, await isDeleted()]).toEqual([false, true]);
});

test("a token is worth nothing after its time", async () => {
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: {},
    spec: { audiences: [], expirationSeconds: 600 },
  };
  const accounts = cluster.client.resource(ServiceAccountKind).in("default");
  const { status } = (await accounts.subresource("default", "token").create(body)) as TokenRequest;
  const isGood = async (): Promise<boolean | undefined> =>
    (await cluster.client.resource(TokenReviewKind).create({ metadata: {}, spec: { token: status.token! } })).status.authenticated;
  const begun = await isGood();
  // Clocks may differ by a minute.
  await cluster.clock.advance("12m");
  expect([begun, await isGood()]).toEqual([true, undefined]);
});

/** Of the name `jane`, with a key that nobody has kept. */
const request = `-----BEGIN CERTIFICATE REQUEST-----
MIHIMHECAQAwDzENMAsGA1UEAwwEamFuZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABF5ukPOciJ+N+yZg72hku0xxv/fqu8GecXqBUVnpzBZgVkLA0rwIF3ea3F21
CShHmnk3HoJWKAWJRJVkAfrFXpOgADAKBggqhkjOPQQDAgNHADBEAiBywf4W/XV5
5dyrPTPzozydtcNFShKDW1myFVUpvuoHeAIgXVAPPY7++8yFGwPRHH3Zi8V839g/
/OFt/PTaSHWb4nk=
-----END CERTIFICATE REQUEST-----
`;

test("a request for a certificate that nobody answers is cleaned away after a day", async () => {
  await using patient = await startCluster(calm);
  const requests = patient.client.resource(CertificateSigningRequestKind);
  const spec = { request: btoa(request), signerName: "example.com/mine", usages: ["client auth" as const] };
  await requests.create({ metadata: { name: "jane" }, spec });
  await patient.clock.advance("23h");
  expect((await requests.list()).items).toHaveLength(1);
  await patient.clock.advance("3h");
  expect((await requests.list()).items).toEqual([]);
});
