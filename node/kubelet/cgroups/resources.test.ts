import { expect, test } from "vitest";
import { aPod } from "../testing/pods.ts";
import { containerResources, podCgroup, podCgroupLimits } from "./resources.ts";

const guaranteed = { requests: { cpu: "500m", memory: "128Mi" }, limits: { cpu: "500m", memory: "128Mi" } };
const gibibyte = 2 ** 30;

test("a Pod's control group lies below that of its quality of service", () => {
  expect(podCgroup("/kubepods", aPod())).toBe("/kubepods/besteffort/poduid-of-web");
  expect(podCgroup("/kubepods", aPod({ containers: [{ name: "a", resources: { requests: { cpu: "1" } } }] }))).toBe(
    "/kubepods/burstable/poduid-of-web",
  );
  expect(podCgroup("/kubepods", aPod({ containers: [{ name: "a", resources: guaranteed }] }))).toBe("/kubepods/poduid-of-web");
});

test("a Pod is limited where all of its containers are", () => {
  expect(
    podCgroupLimits(
      aPod({
        containers: [
          { name: "a", resources: guaranteed },
          { name: "b", resources: guaranteed },
        ],
      }),
    ),
  ).toEqual({
    cpuShares: 1024,
    cpuPeriod: 100_000,
    cpuQuota: 100_000,
    memoryBytes: 256 * 2 ** 20,
  });
  expect(podCgroupLimits(aPod({ containers: [{ name: "a", resources: guaranteed }, { name: "b" }] }))).toEqual({ cpuShares: 512 });
});

test("who asked for less memory is killed first", () => {
  const scoreOf = (resources: object): number | undefined => {
    const pod = aPod({ containers: [{ name: "a", resources }] });
    return containerResources(pod, pod.spec.containers[0]!, gibibyte).oomScoreAdjust;
  };
  expect(scoreOf({})).toBe(1000);
  expect(scoreOf({ requests: { memory: "256Mi" } })).toBe(750);
  expect(scoreOf({ requests: { memory: "2Gi" } })).toBe(3);
  expect(scoreOf(guaranteed)).toBe(-997);
});
