import { textAnswer } from "@kubets/apiserver/node";
import { createNftablesBackend } from "@kubets/kube-proxy/node";
import type { Handler, Logger } from "@kubets/machinery";
import { machineSurroundings } from "../../local-store.ts";
import { startProxy } from "../../node-components.ts";
import { connectCluster } from "../cluster-connection.ts";
import { servePlain } from "../plain-server.ts";
import type { RunningProgram } from "../program.ts";
import type { ProxySettings } from "./settings.ts";

/** As upstream's: of two proxies on a machine one would take the other's rules for its own. */
const table = "kube-proxy";

/** A proxy as a process of its own. When it ends its rules stay, for the next to take over; `--cleanup` takes them away. */
export async function startProxyProgram(settings: ProxySettings, logger: Logger): Promise<RunningProgram> {
  const surroundings = machineSurroundings(logger);
  const { tasks, metrics } = surroundings;
  if (settings.isCleanup) {
    await createNftablesBackend({ table, family: "IPv4", tasks, logger }).remove();
    return { isDone: true, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const { connection, node, podRange, nodePortAddresses, minimumSyncPeriod, syncPeriod } = settings;
  await using undo = new AsyncDisposableStack();
  const cluster = undo.use(await connectCluster(connection, surroundings));
  const { proxy, stop } = startProxy({
    ...surroundings,
    client: cluster.client("kube-proxy"),
    table,
    node: {
      name: node,
      family: "IPv4",
      ...(podRange === undefined ? {} : { podRange }),
      ...(nodePortAddresses === undefined ? {} : { nodePortAddresses }),
    },
    ...(minimumSyncPeriod === undefined ? {} : { minimumSyncPeriod }),
    ...(syncPeriod === undefined ? {} : { syncPeriod }),
  });
  undo.defer(() => stop({ keepRules: true }));
  undo.use(await servePlain(settings.health, proxy.handle, surroundings));
  const tell: Handler = async ({ target }, ...rest) => {
    const [path] = target.split("?");
    if (path === "/metrics") return textAnswer(200, await metrics.text(), { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    if (path === "/proxyMode") return textAnswer(200, "nftables");
    return proxy.handle({ method: "GET", target, headers: {} }, ...rest);
  };
  undo.use(await servePlain(settings.metrics, tell, surroundings));
  proxy.synced().then(
    () => logger.info("Services are reached", { node, server: cluster.server }),
    () => undefined,
  );
  const running = undo.move();
  return { [Symbol.asyncDispose]: () => running.disposeAsync() };
}
