import { type HealthCheck, type HttpsServer, serveHttps } from "@kubets/apiserver/node";
import { ConfigMapKind } from "@kubets/api";
import { type Client, createAccessReviews } from "@kubets/client";
import { sleep } from "@kubets/machinery";
import type { Surroundings } from "../control-plane.ts";
import type { PrometheusMetrics } from "../prometheus-metrics.ts";
import { connectCluster } from "./cluster-connection.ts";
import type { ServingSettings } from "./common-settings.ts";
import { componentHandler } from "./component-handler.ts";
import { nobodysAuthority, servingPair } from "./self-signed.ts";

export interface ComponentServerOptions {
  /** As upstream calls the component. */
  readonly name: string;
  readonly livez: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
}

/** Listens for those who ask how a component is. Rejects when the port is taken. */
export async function serveComponent(
  settings: ServingSettings,
  surroundings: Surroundings & { readonly metrics: PrometheusMetrics },
  { name, livez, readyz }: ComponentServerOptions,
): Promise<AsyncDisposable & { readonly url: string }> {
  const { tasks, logger, metrics, clock } = surroundings;
  const { host, port, open, allowedFor, deniedFor, directory } = settings;
  await using undo = new AsyncDisposableStack();
  const clientOf = async (kubeconfig: string | undefined): Promise<Client | undefined> =>
    kubeconfig === undefined ? undefined : undo.use(await connectCluster({ kubeconfig }, surroundings)).client(name);
  const [authentication, authorization] = [await clientOf(settings.authentication), await clientOf(settings.authorization)];
  const serving =
    settings.certificate ??
    servingPair(
      {
        name,
        host,
        alternativeNames: { hostnames: ["localhost"], addresses: ["127.0.0.1", ...(isEverywhere(host) ? [] : [host])] },
        ...(directory === undefined ? {} : { directory }),
      },
      surroundings,
    );
  const server = await listen(
    () =>
      serveHttps({
        handle: componentHandler({
          logger,
          metricsText: () => metrics.text(),
          livez,
          readyz,
          open,
          ...(authentication === undefined ? {} : { authentication }),
          ...(authorization === undefined
            ? {}
            : { authorization: createAccessReviews({ client: authorization, clock, allowedFor, deniedFor }) }),
        }),
        tasks,
        logger,
        host,
        port,
        serving,
        clientCertificateAuthority: settings.clientAuthority ?? nobodysAuthority(surroundings),
      }),
    `${host}:${port}`,
  );
  undo.defer(() => server.close({ graceMilliseconds: 100 }));
  if (settings.clientAuthority === undefined && settings.looksUpClientAuthority && authentication !== undefined) {
    const stopping = new AbortController();
    undo.defer(() => stopping.abort());
    tasks.start("client authority", () => lookUpAuthority(authentication, server, { ...surroundings, serving, signal: stopping.signal }));
  }
  const running = undo.move();
  return { url: server.url, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

const betweenLookUps = 10_000;

/** Whose certificates identify callers is told by the API server, in a ConfigMap for all that stand beside it. */
async function lookUpAuthority(
  client: Client,
  server: HttpsServer,
  {
    clock,
    logger,
    serving,
    signal,
  }: Surroundings & { readonly serving: Parameters<HttpsServer["setCertificates"]>[0]["serving"]; readonly signal: AbortSignal },
): Promise<void> {
  const name = "extension-apiserver-authentication";
  while (!signal.aborted) {
    try {
      const { data } = await client.resource(ConfigMapKind).in("kube-system").get(name, { signal });
      const authority = data?.["client-ca-file"];
      if (authority !== undefined) server.setCertificates({ serving, clientCertificateAuthority: authority });
      return;
    } catch (error) {
      if (!signal.aborted) logger.warn("Whose certificates identify callers isn't known yet", { configMap: `kube-system/${name}`, error });
    }
    await sleep(clock, betweenLookUps, signal).catch(() => undefined);
  }
}

function isEverywhere(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

async function listen<Listening>(open: () => Promise<Listening>, where: string): Promise<Listening> {
  try {
    return await open();
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!isTaken) throw error;
    throw new Error(`failed to create listener: failed to listen on ${where}: listen tcp ${where}: bind: address already in use`, {
      cause: error,
    });
  }
}
