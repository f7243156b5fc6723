import { kubernetesVersion } from "../version.ts";
import { apiServerFlags } from "./api-server-flags.ts";
import { type ApiServerSettings, readApiServerSettings } from "./api-server-settings.ts";
import { FlagError, helpOf, isOn, lastOf, parseFlags } from "./flags.ts";

/**
 * The program `kube-apiserver`: an API server as a process of its own, over an etcd or over the embedded store of the `etcd` beside it.
 *
 * `KUBETS_CONTROLLERS` adds what an API server alone never had: `all`, or controllers by name; `KUBETS_NODES=N` adds simulated nodes.
 * Resolves with the exit code once it has ended.
 */
export async function runApiServer(args: readonly string[]): Promise<number> {
  let settings: ApiServerSettings;
  let level: "debug" | "info";
  try {
    const { values, rest } = parseFlags(args, apiServerFlags);
    if (isOn(values, "help", false)) return say(`${usage}\n${helpOf(apiServerFlags)}\n`);
    if (isOn(values, "version", false)) return say(`Kubernetes ${kubernetesVersion("").gitVersion}\n`);
    if (rest.length > 0) throw new FlagError(`"kube-apiserver" does not take any arguments, got ${JSON.stringify(rest)}`);
    settings = readApiServerSettings(values, process.env);
    level = Number(lastOf(values, "v") ?? 0) >= 4 ? "debug" : "info";
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    process.stderr.write(`Error: ${error.message}\n`);
    return 1;
  }
  const asked = Promise.withResolvers<void>();
  let signals = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      // The second time, at once.
      if (++signals > 1) process.exit(1);
      asked.resolve();
    });
  try {
    const [{ startApiServer }, { createLogger }] = await Promise.all([import("./api-server.ts"), import("../pino-logger.ts")]);
    const logger = createLogger({ level });
    await using server = await startApiServer(settings, logger);
    logger.info("Serving securely", { address: server.url });
    await asked.promise;
    return 0;
  } catch (error) {
    process.stderr.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

const usage = `The Kubernetes API server validates and configures data for the api objects.

Usage:
  kube-apiserver [flags]

Flags:`;

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}
