import { type Container, type Pod, podLimits, podQosClass, podRequests } from "@kubets/api";
import type { LinuxContainerResources } from "@kubets/container-runtime";
import { milliValue, parseQuantity, type QuantityLike, wholeValue } from "@kubets/machinery";
import type { CgroupLimits } from "../system.ts";

const period = 100_000;
const fewestShares = 2;
const mostShares = 262_144;
const shortestQuota = 1000;

/** The control group of a Pod, below that of its quality of service. */
export function podCgroup(root: string, pod: Pod): string {
  return `${classCgroup(root, pod)}/pod${pod.metadata.uid}`;
}

function classCgroup(root: string, pod: Pod): string {
  switch (podQosClass(pod)) {
    case "Guaranteed":
      return root;
    case "Burstable":
      return `${root}/burstable`;
    case "BestEffort":
      return `${root}/besteffort`;
  }
}

/** What the Pod as a whole may use: limits only where every container has one. */
export function podCgroupLimits(pod: Pod, pids?: number): CgroupLimits {
  const requests = podRequests(pod);
  const limits = podLimits(pod);
  const everyone = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const isLimited = (name: string): boolean =>
    pod.spec.resources?.limits?.[name] !== undefined || everyone.every(({ resources }) => resources.limits?.[name] !== undefined);
  const cpu = limits.get("cpu");
  const memory = limits.get("memory");
  return {
    cpuShares: sharesOf(requests.get("cpu")),
    ...(cpu !== undefined && isLimited("cpu") ? { cpuPeriod: period, cpuQuota: quotaOf(cpu) } : {}),
    ...(memory !== undefined && isLimited("memory") ? { memoryBytes: wholeValue(memory) } : {}),
    ...(pids === undefined ? {} : { pids }),
  };
}

/** What leaves room for both; where only one has a limit, that one. */
export function widest(one: CgroupLimits, other: CgroupLimits): CgroupLimits {
  const names = ["cpuShares", "cpuQuota", "cpuPeriod", "memoryBytes", "pids"] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const [a, b] = [one[name], other[name]];
      const limit = a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
      return limit === undefined ? [] : [[name, limit] as const];
    }),
  );
}

export function containerResources(pod: Pod, { resources }: Container, machineMemory: number): LinuxContainerResources {
  const { requests = {}, limits = {} } = resources;
  const cpu = requests["cpu"] ?? limits["cpu"];
  const limit = limits["cpu"];
  const memory = limits["memory"];
  return {
    cpuShares: sharesOf(cpu === undefined ? undefined : parseQuantity(cpu)),
    cpuPeriod: period,
    ...(limit === undefined ? {} : { cpuQuota: quotaOf(limit) }),
    ...(memory === undefined ? {} : { memoryLimitBytes: wholeValue(memory), memorySwapLimitBytes: wholeValue(memory) }),
    oomScoreAdjust: oomScore(pod, requests["memory"] ?? limits["memory"], machineMemory),
  };
}

function sharesOf(cpu: QuantityLike | undefined): number {
  const shares = cpu === undefined ? 0 : Math.floor((milliValue(cpu) * 1024) / 1000);
  return Math.min(mostShares, Math.max(fewestShares, shares));
}

function quotaOf(cpu: QuantityLike): number {
  return Math.max(shortestQuota, Math.floor((milliValue(cpu) * period) / 1000));
}

/** The less memory a container asked for, the sooner the kernel kills it when there is none left. */
function oomScore(pod: Pod, memory: QuantityLike | undefined, machineMemory: number): number {
  switch (podQosClass(pod)) {
    case "Guaranteed":
      return -997;
    case "BestEffort":
      return 1000;
    case "Burstable": {
      const score = 1000 - Math.floor((1000 * (memory === undefined ? 0 : wholeValue(memory))) / machineMemory);
      return Math.min(999, Math.max(3, score));
    }
  }
}
