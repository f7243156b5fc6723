import { formatTime } from "@kubets/machinery";
import { expect, test } from "vitest";
import { judgePressures } from "./node-pressure.ts";
import { type Program, programsByImage, type ProgramRule, type ResourceUsage } from "./programs.ts";
import { after, aPod, type ContainerFacts, live, noon } from "./testing/objects.ts";

const Mi = 2 ** 20;
const limited = (resource: string, limit: string): ContainerFacts => ({ name: "main", resources: { limits: { [resource]: limit } } });

test("a container that uses more memory than it may is killed, and crashes ever more slowly", () => {
  const leaks: Program = { usage: (running) => ({ memory: `${Math.floor(running / 1000)}Mi` }) };
  const life = live(aPod({ containers: [limited("memory", "64Mi")] }), [programsByImage({ main: leaks })]);
  expect(life.at(60).pod.status.containerStatuses![0]!.restartCount).toBe(0);
  const first = life.at(70);
  expect(first.pod.status.containerStatuses![0]).toMatchObject({
    restartCount: 1,
    lastState: { terminated: { exitCode: 137, reason: "OOMKilled", finishedAt: formatTime(after(70)) } },
    state: { running: { startedAt: formatTime(after(70)) } },
  });
  const second = first.at(140);
  expect([second.pod.status.containerStatuses![0]!.state.waiting?.reason, second.wakesAt]).toEqual(["CrashLoopBackOff", 150]);
});

test("where nothing is restarted, running out of memory is the end of the Pod", () => {
  const { pod } = live(aPod({ containers: [limited("memory", "64Mi")], restartPolicy: "Never" }), [() => ({ usage: { memory: "65Mi" } })]);
  expect([pod.status.phase, pod.status.containerStatuses![0]!.state.terminated]).toMatchObject([
    "Failed",
    { exitCode: 137, reason: "OOMKilled" },
  ]);
});

test("a Pod that writes more than it may is evicted", () => {
  const writes: Program = { usage: (running) => ({ ephemeralStorage: `${running / 1000}Mi` }), stopsWithin: 60_000 };
  const life = live(aPod({ containers: [limited("ephemeral-storage", "15Mi")] }), [programsByImage({ main: writes })]);
  const { pod, told } = life.at(20).at(21);
  expect([told, pod.status]).toMatchObject([
    ['Evicted Container main exceeded its local ephemeral storage limit "15Mi". '],
    {
      phase: "Failed",
      reason: "Evicted",
      message: 'Container main exceeded its local ephemeral storage limit "15Mi". ',
      containerStatuses: [{ state: { terminated: { exitCode: 137, finishedAt: formatTime(after(21)) } } }],
    },
  ]);
  expect(pod.status.conditions?.find(({ type }) => type === "DisruptionTarget")).toMatchObject({
    status: "True",
    reason: "TerminationByKubelet",
  });
});

interface Tenant {
  readonly name: string;
  readonly usage: ResourceUsage;
  readonly requests?: Readonly<Record<string, string>>;
  readonly priority?: number;
}
const capacity = { memory: "1Gi", "ephemeral-storage": "10Gi" };
const programs: readonly ProgramRule[] = [({ pod }) => ({ usage: JSON.parse(pod.metadata.annotations!["usage"]!) as ResourceUsage })];
const judge = (tenants: readonly Tenant[], pressures = {}, now = noon) => {
  const states = tenants.map(({ name, usage, requests = {}, priority = 0 }) => {
    const pod = aPod({ containers: [{ name: "main", resources: { requests } }], priority });
    const metadata = { ...pod.metadata, name, uid: name, annotations: { usage: JSON.stringify(usage) } };
    return live({ ...pod, metadata }, programs).state;
  });
  const { evicted, pressures: found } = judgePressures({ capacity, states, programs, pressures }, now);
  return { found: Object.keys(found), evicted: evicted?.pod.metadata.name, message: evicted?.message };
};

test("a node that has enough of everything is under no pressure", () => {
  expect(judge([{ name: "a", usage: { memory: `${924 * Mi}`, ephemeralStorage: "9Gi" } }])).toEqual({ found: [] });
});

test("short of memory, who uses more than it asked for goes first, then who matters least, then who is furthest above", () => {
  const modest = { name: "modest", usage: { memory: "400Mi" }, requests: { memory: "400Mi" }, priority: -10 };
  const greedy = { name: "greedy", usage: { memory: "300Mi" }, requests: { memory: "100Mi" } };
  const greedier = { name: "greedier", usage: { memory: "300Mi" } };
  const important = { name: "important", usage: { memory: "900Mi" }, priority: 1000 };
  const system = { name: "system", usage: { memory: "1000Mi" }, priority: 2_000_000_000 };
  expect([
    judge([modest, greedy, greedier]).evicted,
    judge([modest, greedy, { ...greedier, priority: 1 }]).evicted,
    judge([modest, important]).evicted,
    judge([system]).evicted,
  ]).toEqual(["greedier", "greedy", "important", undefined]);
  expect(judge([{ ...greedy, usage: { memory: "1000Mi" } }])).toEqual({
    found: ["MemoryPressure"],
    evicted: "greedy",
    message:
      "The node was low on resource: memory. Threshold quantity: 100Mi, available: 24Mi. " +
      "Container main was using 1000Mi, request is 100Mi, has larger consumption of memory. ",
  });
});

test("short of disk, a Pod goes as well", () => {
  expect(judge([{ name: "a", usage: { ephemeralStorage: "9300Mi" } }])).toMatchObject({
    found: ["DiskPressure"],
    evicted: "a",
    message: expect.stringContaining(
      "The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 940Mi. ",
    ) as string,
  });
});

test("pressure is told of for five minutes after it has gone", () => {
  expect([judge([], { MemoryPressure: noon }, after(299)).found, judge([], { MemoryPressure: noon }, after(300)).found]).toEqual([
    ["MemoryPressure"],
    [],
  ]);
});

test("a program that uses what is no quantity is named", () => {
  expect(() => live(aPod(), [() => ({ usage: { cpu: "Infinitym" } })])).toThrow(
    /^The program of image "main" failed for the container main of Pod default\/web: quantities must match/,
  );
});
