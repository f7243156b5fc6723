import type { Container, LifecycleHandler, Pod } from "@kubets/api";
import type { ContainerId, RuntimeService } from "@kubets/container-runtime";
import { type Clock, sleep } from "@kubets/machinery";
import { numberOfPort } from "../probes/target.ts";
import type { NodeNetwork } from "../system.ts";

export interface HookSurroundings {
  readonly runtime: Pick<RuntimeService, "execSync">;
  readonly network: NodeNetwork;
  readonly clock: Clock;
}

const httpTimeout = 30_000;

/** Runs a lifecycle hook to its end; answers what went wrong. */
export async function runHook(
  hook: LifecycleHandler,
  { pod, container, id, podIP }: { readonly pod: Pod; readonly container: Container; readonly id: ContainerId; readonly podIP: string },
  { runtime, network, clock }: HookSurroundings,
  signal: AbortSignal,
): Promise<string | undefined> {
  const where = `container ${JSON.stringify(container.name)} in pod ${JSON.stringify(`${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`)}`;
  try {
    if (hook.exec !== undefined) {
      const { exitCode, stdout, stderr } = await runtime.execSync(id, hook.exec.command ?? [], { signal });
      if (exitCode === 0) return undefined;
      const output = new TextDecoder().decode(Uint8Array.from([...stdout, ...stderr])).trim();
      return `Exec lifecycle hook (${JSON.stringify(hook.exec.command)}) for ${where} failed - error: command exited with ${exitCode}, message: ${JSON.stringify(output)}`;
    }
    if (hook.sleep !== undefined) {
      await sleep(clock, hook.sleep.seconds * 1000, signal);
      return undefined;
    }
    if (hook.httpGet !== undefined) {
      const { scheme, host = podIP, port, path, httpHeaders = [] } = hook.httpGet;
      const headers = httpHeaders.map(({ name, value }) => [name, value] as const);
      const request = {
        scheme,
        host: host === "" ? podIP : host,
        port: numberOfPort(port, container),
        path,
        headers,
        timeout: httpTimeout,
      };
      const result = await network.httpGet(request);
      return result.healthy ? undefined : `HTTP lifecycle hook (${path}) for ${where} failed - error: ${result.message}`;
    }
    return undefined;
  } catch (error) {
    if (signal.aborted) return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}
