import {
  amountsOf,
  type LimitRange,
  type LimitRangeItem,
  type PersistentVolumeClaim,
  type Pod,
  podLimits,
  podRequests,
  type ResourceAmounts,
} from "@kubets/api";
import { compareQuantities, formatQuantity, type ParsedQuantity, type Quantity } from "@kubets/machinery";

/** What an object asks for and is limited to. */
interface Asked {
  readonly requests: ResourceAmounts;
  readonly limits: ResourceAmounts;
}

/** In which ways a Pod and its containers are outside of a range, in upstream's words. */
export function podProblems({ spec }: LimitRange, pod: Pod): readonly string[] {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  return spec.limits.flatMap((item) => {
    switch (item.type) {
      case "Container":
        return containers.flatMap(({ resources }) =>
          problemsOf(item, { requests: amountsOf(resources.requests), limits: amountsOf(resources.limits) }),
        );
      case "Pod":
        return problemsOf(item, { requests: podRequests(pod), limits: podLimits(pod) });
      default:
        return [];
    }
  });
}

/** The same of a claim. It has no limits: what it asks for is all that it gets. */
export function claimProblems({ spec }: LimitRange, claim: PersistentVolumeClaim): readonly string[] {
  const asked: Asked = { requests: amountsOf(claim.spec.resources.requests), limits: new Map() };
  return spec.limits
    .filter(({ type }) => type === "PersistentVolumeClaim")
    .flatMap((item) => [
      ...each(item.min, (name, bound) => belowLeast(name, item.type, bound, asked)),
      ...each(item.max, (name, bound) => requestAboveMost(name, item.type, bound, asked.requests.get(name))),
    ]);
}

function problemsOf(item: LimitRangeItem, asked: Asked): readonly string[] {
  return [
    ...each(item.min, (name, bound) => belowLeast(name, item.type, bound, asked)),
    ...each(item.max, (name, bound) => aboveMost(name, item.type, bound, asked)),
    ...each(item.maxLimitRequestRatio, (name, bound) => aboveRatio(name, item.type, bound, asked)),
  ];
}

function each(bounds: LimitRangeItem["min"], problem: (name: string, bound: Quantity) => string | undefined): readonly string[] {
  return Object.entries(bounds ?? {}).flatMap(([name, bound]) => problem(name, bound) ?? []);
}

function belowLeast(name: string, type: string, least: Quantity, { requests, limits }: Asked): string | undefined {
  const start = `minimum ${name} usage per ${type} is ${least}`;
  const [request, limit] = [requests.get(name), limits.get(name)];
  if (request === undefined) return `${start}.  No request is specified`;
  if (compareQuantities(request, least) < 0) return `${start}, but request is ${formatQuantity(request)}`;
  if (limit !== undefined && compareQuantities(limit, least) < 0) return `${start}, but limit is ${formatQuantity(limit)}`;
  return undefined;
}

function aboveMost(name: string, type: string, most: Quantity, { requests, limits }: Asked): string | undefined {
  const start = `maximum ${name} usage per ${type} is ${most}`;
  const [request, limit] = [requests.get(name), limits.get(name)];
  if (limit === undefined) return `${start}.  No limit is specified`;
  if (compareQuantities(limit, most) > 0) return `${start}, but limit is ${formatQuantity(limit)}`;
  if (request !== undefined && compareQuantities(request, most) > 0) return `${start}, but request is ${formatQuantity(request)}`;
  return undefined;
}

function requestAboveMost(name: string, type: string, most: Quantity, request: ParsedQuantity | undefined): string | undefined {
  const start = `maximum ${name} usage per ${type} is ${most}`;
  if (request === undefined) return `${start}.  No request is specified`;
  return compareQuantities(request, most) > 0 ? `${start}, but request is ${formatQuantity(request)}` : undefined;
}

function aboveRatio(name: string, type: string, most: Quantity, { requests, limits }: Asked): string | undefined {
  const start = `${name} max limit to request ratio per ${type} is ${most}`;
  const [request, limit] = [requests.get(name)?.nanos ?? 0n, limits.get(name)?.nanos ?? 0n];
  if (request === 0n) return `${start}, but no request is specified or request is 0`;
  if (limit === 0n) return `${start}, but no limit is specified or limit is 0`;
  // limit / request > most, without the division.
  const allowed = amountsOf({ most }).get("most")!.nanos * request;
  return limit * 1_000_000_000n > allowed ? `${start}, but provided ratio is ${(Number(limit) / Number(request)).toFixed(6)}` : undefined;
}
