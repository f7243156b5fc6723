import { formatQuantity } from "@kubets/machinery";
import type { ResourceList } from "../shared/resource-requirements.ts";
import type { PodSpec } from "./pod-spec.ts";
import { containerLimits, containerRequests, isPodLevelResource } from "./requests.ts";
import type { ResourceAmounts } from "./resource-amounts.ts";

/** Completes resources of the whole Pod, where some are given, by what its containers ask for and may use. */
export function withPodLevelDefaults(spec: PodSpec): PodSpec {
  if (spec.resources === undefined) return spec;
  return withLimits(withRequests(withHugePageLimits(spec)));
}

/** Huge pages can't be overcommitted: the Pod may use those of its containers, unless it asks for others. */
function withHugePageLimits(spec: PodSpec): PodSpec {
  const { limits = {}, requests = {} } = spec.resources ?? {};
  if (Object.keys(limits).length === 0 && Object.keys(requests).length === 0) return spec;
  return setLimits(
    spec,
    missing(limits, containerLimits({ spec }), (name) => isHugePage(name) && requests[name] === undefined),
  );
}

/** With limits: what the containers ask for, and where they ask for nothing, as much as the limit. */
function withRequests(spec: PodSpec): PodSpec {
  const { limits = {}, requests = {} } = spec.resources ?? {};
  if (Object.keys(limits).length === 0) return spec;
  const asked = { ...requests, ...missing(requests, containerRequests({ spec }), (name) => isPodLevelResource(name) && !isHugePage(name)) };
  const limited = Object.entries(limits).filter(([name]) => asked[name] === undefined && isPodLevelResource(name));
  const all = { ...asked, ...Object.fromEntries(limited) };
  return Object.keys(all).length === 0 ? spec : { ...spec, resources: { ...spec.resources, requests: all } };
}

/** With requests but no limits: what the containers may use together, of each resource that all of them limit. */
function withLimits(spec: PodSpec): PodSpec {
  const { limits = {}, requests = {} } = spec.resources ?? {};
  const hasAny = (list: ResourceList): boolean => Object.keys(list).some(isPodLevelResource);
  if (hasAny(limits) || !hasAny(requests)) return spec;
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const allLimit = (name: string): boolean => containers.every(({ resources }) => resources.limits?.[name] !== undefined);
  return setLimits(
    spec,
    missing(limits, containerLimits({ spec }), (name) => isPodLevelResource(name) && !isHugePage(name) && allLimit(name)),
  );
}

function isHugePage(name: string): boolean {
  return name.startsWith("hugepages-");
}

function missing(present: ResourceList, amounts: ResourceAmounts, wanted: (name: string) => boolean): ResourceList {
  const found = [...amounts].filter(([name]) => present[name] === undefined && wanted(name));
  return Object.fromEntries(found.map(([name, amount]) => [name, formatQuantity(amount)]));
}

function setLimits(spec: PodSpec, more: ResourceList): PodSpec {
  if (Object.keys(more).length === 0) return spec;
  return { ...spec, resources: { ...spec.resources, limits: { ...spec.resources?.limits, ...more } } };
}
