import type { Container, Probe } from "@kubets/api";
import { type ContainerId, isRuntimeError, type RuntimeService } from "@kubets/container-runtime";
import { formatDuration } from "@kubets/machinery";
import type { NodeNetwork, ProbeResult } from "../system.ts";
import { numberOfPort } from "./target.ts";

const longestOutput = 10 * 1024;

/** Probes once. */
export async function runProbe(
  { exec, httpGet, tcpSocket, grpc, timeoutSeconds }: Probe,
  { container, id, podIP }: { readonly container: Container; readonly id: ContainerId; readonly podIP: string },
  { runtime, network }: { readonly runtime: Pick<RuntimeService, "execSync">; readonly network: NodeNetwork },
): Promise<ProbeResult> {
  const timeout = timeoutSeconds * 1000;
  const hostOr = (host: string | undefined): string => (host === undefined || host === "" ? podIP : host);
  try {
    if (exec !== undefined) return await runCommand(runtime, id, exec.command ?? [], timeoutSeconds);
    if (httpGet !== undefined) {
      const { scheme, host, port, path, httpHeaders = [] } = httpGet;
      const headers = httpHeaders.map(({ name, value }) => [name, value] as const);
      return await network.httpGet({ scheme, host: hostOr(host), port: numberOfPort(port, container), path, headers, timeout });
    }
    if (tcpSocket !== undefined)
      return await network.connectTcp({ host: hostOr(tcpSocket.host), port: numberOfPort(tcpSocket.port, container), timeout });
    if (grpc !== undefined) return await network.checkGrpcHealth({ host: podIP, port: grpc.port, service: grpc.service, timeout });
    return { healthy: false, message: "missing probe handler" };
  } catch (error) {
    return { healthy: false, message: error instanceof Error ? error.message : String(error) };
  }
}

async function runCommand(
  runtime: Pick<RuntimeService, "execSync">,
  id: ContainerId,
  command: readonly string[],
  timeoutSeconds: number,
): Promise<ProbeResult> {
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(id, command, { timeoutSeconds });
    if (exitCode === 0) return { healthy: true };
    const output = new TextDecoder().decode(Uint8Array.from([...stdout, ...stderr].slice(0, longestOutput)));
    return { healthy: false, message: output };
  } catch (error) {
    if (!isRuntimeError(error, "DeadlineExceeded")) throw error;
    const limit = formatDuration(BigInt(timeoutSeconds) * 1_000_000_000n);
    return { healthy: false, message: `command timed out: ${JSON.stringify(command.join(" "))} timed out after ${limit}` };
  }
}
