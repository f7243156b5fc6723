import { findPodCondition, type Pod, PodKind, type ResourceRequirements } from "@kubets/api";
import { parseQuantity, milliValue, wholeValue } from "@kubets/machinery";
import { expect } from "vitest";
import { test } from "../real-node.ts";
import { wholeCluster } from "../whole-cluster.ts";

const cluster = wholeCluster();
const podsIn = (namespace: string) => cluster.client.resource(PodKind).in(namespace);

/** Processor and memory, requests and limits: `amounts("100m", "32Mi")` of both alike. */
const amounts = (cpu: string, memory: string): ResourceRequirements => ({ requests: { cpu, memory }, limits: { cpu, memory } });
const asks = (cpu: string, memory: string): ResourceRequirements => ({ requests: { cpu, memory } });
const upTo = (requests: ResourceRequirements, limits: ResourceRequirements): ResourceRequirements => ({
  ...(requests.requests === undefined ? {} : { requests: requests.requests }),
  ...(limits.limits === undefined ? {} : { limits: limits.limits }),
});

async function start(namespace: string, resources: readonly ResourceRequirements[]): Promise<Pod> {
  const containers = resources.map((each, index) => ({ name: `c${index + 1}`, command: ["sleep", "1000"], resources: each }));
  return cluster.runReady(namespace, "resized", { restartPolicy: "Always", containers });
}

/** No container has been restarted, and each has what it is meant to have: by its status, and by its control group. */
async function hasCome(namespace: string, resources: readonly ResourceRequirements[]): Promise<void> {
  const pod = await cluster.podOnce(
    namespace,
    "resized",
    (found) =>
      JSON.stringify(found.status.containerStatuses!.map(({ resources: now }) => sorted(now))) === JSON.stringify(resources.map(sorted)) &&
      ["PodResizePending", "PodResizeInProgress"].every((type) => findPodCondition(found, type) === undefined),
  );
  expect(pod.status.containerStatuses!.map(({ restartCount }) => restartCount)).toEqual(resources.map(() => 0));
  expect(pod.status.containerStatuses!.map(({ allocatedResources }) => allocatedResources ?? {})).toEqual(
    resources.map(({ requests = {} }) => requests),
  );
  for (const [index, { limits = {} }] of resources.entries()) {
    const read = async (...files: readonly string[]): Promise<string> => {
      const script = files.map((file) => `cat /sys/fs/cgroup/${file} 2> /dev/null`).join(" || ");
      return (await cluster.exec(namespace, "resized", ["sh", "-c", script], `c${index + 1}`)).trim();
    };
    if (limits["memory"] !== undefined)
      expect(await read("memory.max", "memory/memory.limit_in_bytes")).toBe(String(wholeValue(parseQuantity(limits["memory"]))));
    if (limits["cpu"] !== undefined) {
      const quota = Math.max(1000, milliValue(parseQuantity(limits["cpu"])) * 100);
      expect((await read("cpu.max", "cpu/cpu.cfs_quota_us")).split(" ")[0]).toBe(String(quota));
    }
  }
}

function sorted({ requests = {}, limits = {} }: ResourceRequirements = {}): unknown {
  return [requests, limits].map((list) => Object.entries(list).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function resizes(before: readonly ResourceRequirements[], after: readonly ResourceRequirements[]): Promise<void> {
  const namespace = await cluster.namespace();
  await start(namespace, before);
  const containers = after.map((resources, index) => ({ name: `c${index + 1}`, resources }));
  await podsIn(namespace).patch("resized", { spec: { containers } }, { type: "strategic", subresource: "resize" });
  await hasCome(namespace, after);
}

test("NO-043 one change gives six containers other requests and limits, adds some, and keeps the rest", { concurrent: true }, () =>
  resizes(
    [
      amounts("10m", "32Mi"),
      upTo(asks("10m", "32Mi"), amounts("20m", "64Mi")),
      asks("10m", "32Mi"),
      { requests: { cpu: "10m" } },
      {},
      upTo(asks("10m", "32Mi"), amounts("20m", "64Mi")),
    ],
    [
      amounts("15m", "48Mi"),
      upTo(asks("5m", "16Mi"), amounts("20m", "64Mi")),
      upTo(asks("10m", "32Mi"), amounts("20m", "64Mi")),
      asks("20m", "32Mi"),
      asks("10m", "16Mi"),
      upTo(asks("10m", "32Mi"), amounts("20m", "64Mi")),
    ],
  ),
);

test("NO-044 amounts too small to differ for the kernel are shown as they were asked for", { concurrent: true }, () =>
  resizes([{ requests: { cpu: "2m" }, limits: { cpu: "10m" } }], [{ requests: { cpu: "1m" }, limits: { cpu: "5m" } }]),
);

const three = [amounts("20m", "32Mi"), amounts("20m", "32Mi"), amounts("20m", "32Mi")];

test("NO-045 three containers that are guaranteed theirs get more together", { concurrent: true }, () =>
  resizes(three, [amounts("30m", "48Mi"), amounts("30m", "48Mi"), amounts("15m", "24Mi")]),
);

test("NO-046 three containers that are guaranteed theirs get less together", { concurrent: true }, () =>
  resizes(three, [amounts("25m", "40Mi"), amounts("10m", "16Mi"), amounts("10m", "16Mi")]),
);

test("NO-047 of three containers that are guaranteed theirs each changes in its own way", { concurrent: true }, () =>
  resizes(three, [amounts("30m", "24Mi"), amounts("10m", "48Mi"), amounts("20m", "32Mi")]),
);

test("NO-048 resources are read and replaced at an address of their own", { concurrent: true }, async () => {
  const namespace = await cluster.namespace();
  await start(namespace, [amounts("20m", "32Mi")]);
  const resize = podsIn(namespace).subresource("resized", "resize");
  const pod = (await resize.get()) as Pod;
  expect(pod).toEqual(await podsIn(namespace).get("resized"));
  const containers = pod.spec.containers.map((container) => ({ ...container, resources: amounts("30m", "48Mi") }));
  await resize.update({ ...pod, spec: { ...pod.spec, containers } });
  await hasCome(namespace, [amounts("30m", "48Mi")]);
});

test("a change for which there is no room waits, and says so", { concurrent: true }, async () => {
  const namespace = await cluster.namespace();
  await start(namespace, [asks("10m", "32Mi")]);
  const containers = [{ name: "c1", resources: asks("1000", "32Mi") }];
  await podsIn(namespace).patch("resized", { spec: { containers } }, { type: "strategic", subresource: "resize" });
  const pod = await cluster.podOnce(namespace, "resized", (found) => findPodCondition(found, "PodResizePending") !== undefined);
  expect(findPodCondition(pod, "PodResizePending")).toMatchObject({ status: "True", reason: "Infeasible" });
  expect(pod.status.containerStatuses![0]).toMatchObject({ restartCount: 0, resources: asks("10m", "32Mi") });
});
