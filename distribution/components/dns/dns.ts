import { createUpstream, listenDns } from "@kubets/dns/node";
import type { Logger } from "@kubets/machinery";
import { machineSurroundings } from "../../local-store.ts";
import { startDns } from "../../node-components.ts";
import { connectCluster } from "../cluster-connection.ts";
import type { ConnectionSettings } from "../common-settings.ts";
import type { RunningProgram } from "../program.ts";

export interface DnsSettings {
  readonly connection: ConnectionSettings;
  readonly address: string;
  readonly port: number;
  readonly domain?: string;
  /** The cluster IPs at which Pods find it. */
  readonly serviceAddresses: readonly string[];
  /** The machine's own when absent. */
  readonly upstream?: readonly string[];
  /** Ranges; everybody when absent. */
  readonly clients?: readonly string[];
}

/** The names of a cluster as a process of its own. It listens once it knows them. */
export async function startDnsProgram(settings: DnsSettings, logger: Logger): Promise<RunningProgram> {
  const surroundings = machineSurroundings(logger);
  const { address, port, domain, serviceAddresses, upstream, clients } = settings;
  await using undo = new AsyncDisposableStack();
  const cluster = undo.use(await connectCluster(settings.connection, surroundings));
  const own = [address, ...serviceAddresses];
  const dns = await startDns({
    ...surroundings,
    client: cluster.client("kube-dns"),
    serverAddresses: serviceAddresses,
    upstream: createUpstream({ ...surroundings, own, ...(upstream === undefined ? {} : { servers: upstream }) }),
    ...(domain === undefined ? {} : { domain }),
  });
  undo.defer(() => dns.stop());
  const server = undo.use(
    await listenDns({ ...surroundings, resolve: dns.resolve, address, port, ...(clients === undefined ? {} : { clients }) }),
  );
  logger.info("Answering questions", { address: server.address, port: server.port, server: cluster.server });
  const running = undo.move();
  return { [Symbol.asyncDispose]: () => running.disposeAsync() };
}
