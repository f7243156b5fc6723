import { isPodReady, isPodTerminal, type Pod, PodKind } from "@kubets/api";
import { isStatus, type Kind, type KubernetesObject } from "@kubets/machinery";
import type { World } from "./simulate.ts";

/** Of any kind, as lists of kinds want it. */
export const any = <T extends KubernetesObject>(kind: Kind<T>): Kind => kind as unknown as Kind;

export const template = (image: string) => ({ metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image }] } });
export const selector = { matchLabels: { app: "web" } } as const;

/** Neither on its way out nor ended. */
export function isActive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && !isPodTerminal(pod);
}

export function isReady(pod: Pod): boolean {
  return isActive(pod) && isPodReady(pod);
}

export function oneOf<T>({ random }: World, values: readonly T[]): T {
  return values[Math.floor(random.fraction() * values.length)]!;
}

/** A change of an object in the namespace `default`. */
export async function patch(world: World, kind: Kind, name: string, change: object): Promise<void> {
  await world.cluster.client.resource(kind).in("default").patch(name, change, { type: "merge" });
}

/** Does what the server may refuse for one of these reasons: then it is not done. */
export async function attempt(deed: Promise<unknown>, ...reasons: readonly string[]): Promise<void> {
  try {
    await deed;
  } catch (error) {
    if (!reasons.some((reason) => isStatus(error, reason as "NotFound"))) throw error;
  }
}

export async function kill(world: World, pod: Pod | undefined): Promise<void> {
  if (pod !== undefined) await attempt(world.cluster.client.resource(PodKind).in("default").delete(pod.metadata.name), "NotFound");
}
