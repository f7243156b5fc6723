import { maximumScore } from "../../framework.ts";
import type { MeasuredResource } from "./measured.ts";

/** Makes a score out of how much of a node's resources would be taken. All arithmetic is in whole numbers, as upstream's. */
export type Strategy = (resources: readonly MeasuredResource[]) => (slot: number) => number;

/** Spreads: the more is left, the better. */
export const leastAllocated: Strategy = (resources) =>
  weightedAverage(resources, (requested, capacity) =>
    requested > capacity ? 0 : Math.floor(((capacity - requested) * maximumScore) / capacity),
  );

/** Packs: the more is taken, the better. */
export const mostAllocated: Strategy = (resources) =>
  weightedAverage(resources, (requested, capacity) => Math.floor((Math.min(requested, capacity) * maximumScore) / capacity));

export interface ShapePoint {
  /** Percent of the capacity. */
  readonly utilization: number;
  /** 0 to 10. */
  readonly score: number;
}

/** Follows a line through given points, from utilization to score. */
export function requestedToCapacityRatio(shape: readonly ShapePoint[]): Strategy {
  const points = shape.map(({ utilization, score }) => ({ utilization, score: score * (maximumScore / 10) }));
  return (resources) => (slot) => {
    let sum = 0;
    let weights = 0;
    for (const { weight, request, allocatable, used } of resources) {
      const capacity = allocatable.values[slot]!;
      if (capacity === 0) continue;
      const requested = used.values[slot]! + request;
      const score = onLine(points, requested > capacity ? 100 : Math.floor((requested * 100) / capacity));
      if (score <= 0) continue;
      sum += score * weight;
      weights += weight;
    }
    return weights === 0 ? 0 : Math.round(sum / weights);
  };
}

function onLine(points: readonly ShapePoint[], utilization: number): number {
  let before: ShapePoint | undefined;
  for (const point of points) {
    if (utilization <= point.utilization) {
      if (before === undefined) return point.score;
      const rise = (point.score - before.score) * (utilization - before.utilization);
      return before.score + Math.trunc(rise / (point.utilization - before.utilization));
    }
    before = point;
  }
  return before?.score ?? 0;
}

function weightedAverage(
  resources: readonly MeasuredResource[],
  scoreOf: (requested: number, capacity: number) => number,
): (slot: number) => number {
  return (slot) => {
    let sum = 0;
    let weights = 0;
    for (let index = 0; index < resources.length; index++) {
      const { weight, request, allocatable, used } = resources[index]!;
      const capacity = allocatable.values[slot]!;
      if (capacity === 0) continue;
      sum += scoreOf(used.values[slot]! + request, capacity) * weight;
      weights += weight;
    }
    return weights === 0 ? 0 : Math.floor(sum / weights);
  };
}
