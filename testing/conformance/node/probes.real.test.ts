import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { findPodCondition, isPodReady, type Pod } from "@kubets/api";
import { sleep } from "@kubets/machinery";
import { createSystemClock } from "@kubets/machinery/node";
import { expect } from "vitest";
import { test } from "../real-node.ts";
import { wholeCluster } from "../whole-cluster.ts";

const cluster = wholeCluster();
const clock = createSystemClock();
const restartsOf = ({ status }: Pod): number => status.containerStatuses?.[0]?.restartCount ?? 0;

const quick = { periodSeconds: 1, failureThreshold: 1 };
const web = { image: "echo", port: 8080 };
const forever = "sleep 100000";
const healthFile = `touch /tmp/health; ${forever}`;

/** `grpc.health.v1.Health/Check` over HTTP/2 for the machine's Node: SERVING. */
const grpcServer = `
require("http2").createServer().on("stream", (stream) => {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.on("error", () => {}).resume();
  stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]));
}).listen(5000);`;
/** This machine's Node, and what it is linked with, in a container that has neither. */
const withNode = (): { readonly volumes: readonly object[]; readonly volumeMounts: readonly object[] } => {
  const folders = [dirname(process.execPath), "/lib", "/lib64"].filter((path) => existsSync(path));
  return {
    volumes: folders.map((path, index) => ({ name: `folder-${index}`, hostPath: { path, type: "Directory" } })),
    volumeMounts: folders.map((mountPath, index) => ({ name: `folder-${index}`, mountPath, readOnly: true })),
  };
};

interface Probed {
  readonly script?: string;
  readonly container: object;
  readonly [more: string]: unknown;
}
const start = async ({ container, ...facts }: Probed): Promise<string> => {
  const namespace = await cluster.namespace();
  await cluster.run(namespace, "probed", { restartPolicy: "Always", container, ...facts });
  return namespace;
};
/** As a web server. */
const serving = (more: object): object => ({ image: cluster.images.echo, command: ["/bin/echo-server"], ...more });

/** Three probes later the container runs as it did. */
async function staysUp(facts: Probed): Promise<void> {
  const namespace = await start(facts);
  await cluster.podOnce(namespace, "probed", isPodReady);
  await sleep(clock, 3_500);
  expect(restartsOf(await cluster.podOnce(namespace, "probed", isPodReady))).toBe(0);
}

async function isRestarted(facts: Probed): Promise<Pod> {
  const namespace = await start(facts);
  return cluster.podOnce(namespace, "probed", (pod) => restartsOf(pod) === 1);
}

test("NO-067 a container that answers over HTTP goes on", { concurrent: true }, () =>
  staysUp({ container: serving({ livenessProbe: { httpGet: { path: "/healthz", port: web.port }, initialDelaySeconds: 1, ...quick } }) }),
);

test("NO-068 a container that answers over gRPC goes on", { concurrent: true }, () => {
  const { volumes, volumeMounts } = withNode();
  const livenessProbe = { grpc: { port: 5000 }, initialDelaySeconds: 2, ...quick };
  return staysUp({ volumes, container: { command: [process.execPath, "-e", grpcServer], volumeMounts, livenessProbe } });
});

test("NO-069 a container whose command succeeds goes on", { concurrent: true }, () =>
  staysUp({
    script: healthFile,
    container: { livenessProbe: { exec: { command: ["cat", "/tmp/health"] }, initialDelaySeconds: 1, ...quick } },
  }),
);

test("NO-070 a container whose port is open goes on", { concurrent: true }, () =>
  staysUp({ container: serving({ livenessProbe: { tcpSocket: { port: web.port }, initialDelaySeconds: 1, ...quick } }) }),
);

test("NO-071 a container that stops to answer over HTTP is restarted", { concurrent: true }, async () => {
  const namespace = await start({
    container: serving({ livenessProbe: { httpGet: { path: "/healthz", port: web.port }, initialDelaySeconds: 1, ...quick } }),
  });
  await cluster.podOnce(namespace, "probed", isPodReady);
  await cluster.sh(namespace, "probed", "rm /www/healthz");
  await cluster.podOnce(namespace, "probed", (pod) => restartsOf(pod) === 1);
});

test("NO-072 a container that doesn't answer over gRPC is restarted", { concurrent: true }, async () => {
  await isRestarted({ script: forever, container: { livenessProbe: { grpc: { port: 5000 }, initialDelaySeconds: 1, ...quick } } });
});

test("NO-073 a container whose command fails is restarted", { concurrent: true }, async () => {
  const script = `touch /tmp/health; sleep 2; rm /tmp/health; ${forever}`;
  await isRestarted({
    script,
    container: { livenessProbe: { exec: { command: ["cat", "/tmp/health"] }, initialDelaySeconds: 1, ...quick } },
  });
});

test("NO-074 each failure counts one restart", { concurrent: true }, async () => {
  const namespace = await start({
    script: forever,
    container: { livenessProbe: { tcpSocket: { port: 1 }, ...quick } },
  });
  const counts: number[] = [];
  await cluster.podOnce(namespace, "probed", (pod) => {
    if (counts.at(-1) !== restartsOf(pod)) counts.push(restartsOf(pod));
    return restartsOf(pod) === 3;
  });
  expect(counts.filter((count) => count > 0)).toEqual([1, 2, 3]);
});

test("NO-075 a container isn't ready before its first probe, and isn't restarted", { concurrent: true }, async () => {
  const initialDelaySeconds = 3;
  const namespace = await start({
    container: serving({ readinessProbe: { httpGet: { path: "/healthz", port: web.port }, initialDelaySeconds, periodSeconds: 1 } }),
  });
  const probed = await cluster.podOnce(namespace, "probed", (pod) => {
    expect(isPodReady(pod) && pod.status.containerStatuses?.[0]?.state.running === undefined).toBe(false);
    return isPodReady(pod);
  });
  const began = Date.parse(probed.status.containerStatuses![0]!.state.running!.startedAt!);
  const ready = Date.parse(findPodCondition(probed, "Ready")!.lastTransitionTime!);
  expect(ready - began).toBeGreaterThanOrEqual((initialDelaySeconds - 1) * 1000);
  expect(restartsOf(probed)).toBe(0);
});

test("NO-076 a container whose readiness fails is never ready, and never restarted", { concurrent: true }, async () => {
  const namespace = await start({ script: forever, container: { readinessProbe: { exec: { command: ["false"] }, ...quick } } });
  await cluster.podOnce(namespace, "probed", ({ status }) => status.containerStatuses?.[0]?.state.running !== undefined);
  await sleep(clock, 3_500);
  const pod = await cluster.podOnce(namespace, "probed", () => true);
  expect([isPodReady(pod), restartsOf(pod), pod.status.phase]).toEqual([false, 0, "Running"]);
});
