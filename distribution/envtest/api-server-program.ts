import { type Program, runProgram } from "../components/program.ts";
import { apiServerFlags } from "./api-server-flags.ts";
import { type ApiServerSettings, readApiServerSettings } from "./api-server-settings.ts";

const program: Program<ApiServerSettings> = {
  name: "kube-apiserver",
  summary: "The Kubernetes API server validates and configures data for the api objects.",
  flags: apiServerFlags,
  read: ({ values }) => readApiServerSettings(values, process.env),
  async start(settings, logger) {
    const { startApiServer } = await import("./api-server.ts");
    const server = await startApiServer(settings, logger);
    logger.info("Serving securely", { address: server.url });
    return server;
  },
};

/**
 * The program `kube-apiserver`: an API server as a process of its own, over an etcd or over the embedded store of the `etcd` beside it.
 *
 * `KUBETS_CONTROLLERS` adds what an API server alone never had: `all`, or controllers by name; `KUBETS_NODES=N` adds simulated nodes, and a
 * scheduler for them unless `KUBETS_CONTROLLERS` is `none`. Resolves with the exit code once it has ended.
 */
export function runApiServer(args: readonly string[]): Promise<number> {
  return runProgram(program, args);
}
