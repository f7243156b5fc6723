import type { Container } from "@kubets/api";
import { type Instant, parseQuantity, type Quantity } from "@kubets/machinery";
import { type MeasuredUse, plus } from "./container-run.ts";
import type { ResourceUsage } from "./programs.ts";

/** Milliseconds between two looks at what is used, as a kubelet's. */
export const lookEvery = 10_000;

/** Whether the kernel would kill a container for what it uses. */
export function isOutOfMemory({ resources }: Container, { memory = "0" }: ResourceUsage): boolean {
  return isMore(memory, resources.limits?.["memory"]);
}

/** Why a Pod is evicted whose container has written more than it may; `undefined` when it hasn't. */
export function overStorage({ name, resources }: Container, { ephemeralStorage = "0" }: ResourceUsage): string | undefined {
  const limit = resources.limits?.["ephemeral-storage"];
  return isMore(ephemeralStorage, limit) ? `Container ${name} exceeded its local ephemeral storage limit "${limit}". ` : undefined;
}

/** Counts what was used since the last look, as if it had been all the time what it is now. */
export function lookedAt({ nextAt, ...before }: MeasuredUse, usage: ResourceUsage, now: Instant): MeasuredUse {
  return { nextAt: plus(nextAt, lookEvery), at: now, coreSeconds: coreSecondsOf(before, usage, now) };
}

/** In core seconds, up to now. */
export function coreSecondsOf({ at, coreSeconds }: Omit<MeasuredUse, "nextAt">, { cpu = "0" }: ResourceUsage, now: Instant): number {
  return coreSeconds + (Number(parseQuantity(cpu).nanos) / 1e9) * ((now - at) / 1000);
}

function isMore(used: Quantity, limit: Quantity | undefined): boolean {
  return limit !== undefined && parseQuantity(used).nanos > parseQuantity(limit).nanos;
}
