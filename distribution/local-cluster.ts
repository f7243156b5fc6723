import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { type HttpsServer, serveHttps } from "@kubets/apiserver/node";
import { createTasks, type Logger, type Tasks } from "@kubets/machinery";
import { createSystemClock, createSystemRandom, loadSigningKey, turn } from "@kubets/machinery/node";
import { createSqliteStore } from "@kubets/store/sqlite";
import { type CertificateOptions, type Certificates, ensureCertificates, kubeconfig } from "./certificates/index.ts";
import { CommandError } from "./command-error.ts";
import { type ControlPlane, startControlPlane, type Surroundings } from "./control-plane.ts";
import { type DataDirectory, reasonOf, writeAtomically } from "./data-directory.ts";
import { contextName } from "./kubeconfig-merge.ts";
import { createPrometheusMetrics } from "./prometheus-metrics.ts";
import { heartbeatRetention } from "./retention.ts";

export interface LocalClusterOptions {
  readonly directory: DataDirectory;
  readonly logger: Logger;
  readonly simulatedNodes: number;
}

/** A control plane on this machine: sqlite in the data directory, HTTPS on loopback. */
export interface LocalCluster {
  readonly controlPlane: ControlPlane;
  readonly url: string;
  /** The administrator's kubeconfig: its text, and where it was written. */
  readonly kubeconfig: { readonly text: string; readonly path: string };
  /** All that moves settles; what can't be written any more is said in the log. */
  stop(): Promise<void>;
}

const day = 24 * 60 * 60 * 1000;

export async function startLocalCluster({ directory, logger, simulatedNodes }: LocalClusterOptions): Promise<LocalCluster> {
  const { settings, path } = directory;
  const metrics = createPrometheusMetrics();
  const tasks: Tasks = createTasks({ turn, onFailure: ({ name, error }) => logger.error("Background work failed", { name, error }) });
  const surroundings: Surroundings = { clock: createSystemClock(), random: createSystemRandom(), tasks, logger, metrics };
  const address = ownAddress();
  const serviceAddress = firstAddress(settings.serviceRange);
  const certificateOptions: CertificateOptions & { readonly directory: string } = {
    ...surroundings,
    directory: join(path, "certificates"),
    hostnames: [],
    addresses: ["127.0.0.1", ...(address === undefined ? [] : [address])],
    serviceAddress,
    onRenewal: (name, reason) => logger.info("Certificate renewed", { name, reason }),
  };
  const [certificates, store] = await Promise.all([
    ensureCertificates(certificateOptions),
    createSqliteStore({ ...surroundings, path: join(path, "store.sqlite"), retention: heartbeatRetention }),
  ]);
  await using undo = new AsyncDisposableStack();
  undo.defer(() => store.close());
  const controlPlane = await startControlPlane({
    ...surroundings,
    store,
    signingKeys: [loadSigningKey(certificates.serviceAccountKey)],
    issuer: "https://kubernetes.default.svc.cluster.local",
    rootCertificate: certificates.authority,
    trust: {
      clientCertificateAuthority: certificates.authority,
      requestHeader: { certificateAuthority: certificates.frontProxyAuthority, allowedNames: ["front-proxy-client"] },
    },
    ...(address === undefined ? {} : { apiServer: { serviceAddress, address, port: settings.apiPort } }),
    server: { metricsText: () => metrics.text() },
    components: { simulatedNodes },
  });
  undo.defer(() => controlPlane.stop());
  const server = await listen(controlPlane, certificates, surroundings, settings.apiPort);
  undo.defer(() => server.close());
  undo.use(renewDaily(surroundings, certificateOptions, server));
  const written = await writeKubeconfig(certificates, server.url, directory);
  await controlPlane.synced();
  const stack = undo.move();
  return { controlPlane, url: server.url, kubeconfig: written, stop: () => stack.disposeAsync() };
}

async function listen(
  { apiServer }: ControlPlane,
  certificates: Certificates,
  { tasks, logger }: Surroundings,
  port: number,
): Promise<HttpsServer> {
  const {
    serving: { certificate, key },
    authority,
  } = certificates;
  try {
    return await serveHttps({
      handle: apiServer.handle,
      tasks,
      logger,
      port,
      serving: { certificate, key },
      clientCertificateAuthority: authority,
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new CommandError(`Port ${port} of 127.0.0.1 is taken by another program; stop it, or name another port with --port`, {
        cause: error,
      });
    }
    throw new CommandError(`Cannot listen on port ${port} of 127.0.0.1: ${reasonOf(error)}`, { cause: error });
  }
}

/** What has less than a third of its life left is made anew, and served from then on. */
function renewDaily(
  { clock, tasks }: Surroundings,
  options: CertificateOptions & { readonly directory: string },
  server: HttpsServer,
): Disposable {
  let timer = clock.after(day, renew);
  function renew(): void {
    tasks.start("certificate renewal", async () => {
      const { serving, authority } = await ensureCertificates(options);
      server.setCertificates({ serving, clientCertificateAuthority: authority });
    });
    timer = clock.after(day, renew);
  }
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

async function writeKubeconfig(
  certificates: Certificates,
  server: string,
  { path, settings }: DataDirectory,
): Promise<LocalCluster["kubeconfig"]> {
  const text = kubeconfig({
    name: contextName(settings.name),
    server,
    authority: certificates.authority,
    user: { certificate: await certificates.client("admin") },
  });
  const file = join(path, "kubeconfig");
  writeAtomically(file, text);
  return { text, path: file };
}

/** The first address of this machine that others can reach; Pods reach the API server by it. */
function ownAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4")?.address;
}

/** `10.96.0.0/12` → `10.96.0.1`, which the Service `kubernetes` gets. */
function firstAddress(range: string): string {
  const [a, b, c, d] = range.split("/")[0]!.split(".").map(Number);
  return `${a}.${b}.${c}.${d! + 1}`;
}
