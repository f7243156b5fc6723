import type { Pod } from "@kubets/api";
import { isEphemeral, isInit } from "./state.ts";

/** Where in its Pod a container stands, as events say it. */
export function fieldPathOf(pod: Pod, name: string): string {
  if (isInit(pod, { name })) return `spec.initContainers{${name}}`;
  return isEphemeral(pod, { name }) ? `spec.ephemeralContainers{${name}}` : `spec.containers{${name}}`;
}
