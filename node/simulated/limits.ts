import type { Container } from "@kubets/api";
import { parseQuantity, type Quantity } from "@kubets/machinery";
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

function isMore(used: Quantity, limit: Quantity | undefined): boolean {
  return limit !== undefined && parseQuantity(used).nanos > parseQuantity(limit).nanos;
}
