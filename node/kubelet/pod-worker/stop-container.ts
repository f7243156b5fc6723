import type { Container, Pod } from "@kubets/api";
import type { ContainerId, RuntimeService } from "@kubets/container-runtime";
import type { HookSurroundings } from "./hooks.ts";
import { runHook } from "./hooks.ts";

/** As upstream: however short the time is, a container gets this much to end after its hook. */
const leastGraceSeconds = 2;

export interface ContainerStop {
  readonly pod: Pod;
  readonly container: Container;
  readonly id: ContainerId;
  /** Where its HTTP hooks ask. */
  readonly podIP: string;
  readonly graceSeconds: number;
  /** Not where it was run before, or there is no time. */
  readonly runsHook: boolean;
}

export interface StopSurroundings extends HookSurroundings {
  readonly runtime: Pick<RuntimeService, "execSync" | "stopContainer">;
}

/**
 * Brings a container to its end: its preStop hook, then the signal to stop, then, when the grace that both share is over, the kill.
 * `onHookFailed` is called when the hook fails, which changes nothing else. Rejects when the runtime can't stop it.
 */
export async function stopContainer(
  { pod, container, id, podIP, graceSeconds, runsHook }: ContainerStop,
  { onHookFailed, ...surroundings }: StopSurroundings & { readonly onHookFailed: () => void },
  signal: AbortSignal,
): Promise<void> {
  const hook = runsHook ? container.lifecycle?.preStop : undefined;
  const { clock, runtime } = surroundings;
  let left = graceSeconds;
  if (hook !== undefined) {
    const began = clock.monotonic();
    const late = new AbortController();
    using _timer = clock.after(graceSeconds * 1000, () => late.abort());
    const failure = await runHook(hook, { pod, container, id, podIP }, surroundings, AbortSignal.any([signal, late.signal]));
    if (failure !== undefined) onHookFailed();
    left = Math.max(leastGraceSeconds, graceSeconds - Math.ceil((clock.monotonic() - began) / 1000));
  }
  await runtime.stopContainer(id, { timeoutSeconds: left, signal });
}
