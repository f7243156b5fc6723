import { join } from "node:path";
import { allKinds } from "@kubets/api";
import { servedBy } from "@kubets/apiserver";
import { type HttpsServer, logDirectory, serveHttps } from "@kubets/apiserver/node";
import { untilAborted } from "@kubets/client";
import { type Handler, serviceUnavailable } from "@kubets/machinery";
import { createYamlThread, loadCertificateSigner, loadSigningKey, signatureVerifier, turn } from "@kubets/machinery/node";
import { annotatedProgram } from "@kubets/simulated";
import type { Store } from "@kubets/store";
import { type CertificateOptions, type Certificates, ensureCertificates, kubeconfig } from "./certificates/index.ts";
import { CommandError } from "./command-error.ts";
import { machineAddress } from "./components/machine-address.ts";
import { type ControlPlane, type ControlPlaneOptions, startControlPlane, type Surroundings } from "./control-plane.ts";
import { loadBalancerRangeOf } from "./cloud-component.ts";
import { createDialer } from "./dialer.ts";
import { type DataDirectory, reasonOf, writeIfChanged } from "./data-directory.ts";
import { contextName } from "./kubeconfig-merge.ts";
import { portTaken } from "./port-taken.ts";
import type { PrometheusMetrics } from "./prometheus-metrics.ts";

export interface LocalClusterOptions {
  readonly directory: DataDirectory;
  readonly surroundings: Surroundings & { readonly metrics: PrometheusMetrics };
  /** On its way, from {@link directory}; closed with the cluster, or when it can't start. */
  readonly store: Promise<Store>;
  /** This machine with its containers, or so many simulated nodes. */
  readonly nodes: "real" | number;
  /** As `--runtime-config` says it. */
  readonly runtimeConfig?: string;
  /** Which controllers run, as `--controllers` names them; all when absent. */
  readonly controllers?: readonly string[];
  /** Mirrors and certificates of registries, for a real node. */
  readonly registryDirectory?: string;
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

export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const { directory, surroundings, store: opening, nodes, registryDirectory, runtimeConfig = "" } = options;
  const { settings, path } = directory;
  const { tasks, logger, metrics } = surroundings;
  // The kubelet and all below it are half of the program: a cluster without a real node doesn't load them.
  const localNode = nodes === "real" ? await import("./local-node.ts") : undefined;
  // Pods reach what listens here by the bridge's address, which no other machine reaches.
  const address = localNode === undefined ? machineAddress() : localNode.nodeNetworkOf(settings.podRange).gateway;
  const serviceAddress = addressIn(settings.serviceRange, 1);
  const certificateOptions: CertificateOptions & { readonly directory: string } = {
    ...surroundings,
    directory: join(path, "certificates"),
    hostnames: [],
    addresses: ["127.0.0.1", ...(address === undefined ? [] : [address])],
    serviceAddress,
    onRenewal: (name, reason) => logger.info("Certificate renewed", { name, reason }),
  };
  await using undo = new AsyncDisposableStack();
  undo.defer(() =>
    opening.then(
      (store) => store.close(),
      () => undefined,
    ),
  );
  mustBeReadable(runtimeConfig);
  const certified = certificatesIn(certificateOptions);
  const front = openFront(certified, { ...surroundings, port: settings.apiPort });
  undo.defer(front.close);
  const nodeOptions = {
    ...surroundings,
    cluster: settings.name,
    directory: join(path, "node"),
    volumes: join(path, "volumes"),
    podRange: settings.podRange,
    ...(registryDirectory === undefined ? {} : { registryDirectory }),
  };
  const [certificates, store, foundation] = await Promise.all([certified, opening, localNode?.startNodeFoundation(nodeOptions)]);
  // Should the start fail from here on, containers go on as they are, for the next start to take over.
  let nodeIsUp = false;
  undo.defer(() => {
    if (!nodeIsUp) foundation?.containerd.release();
  });
  // A port that is taken is said before anything runs.
  const server = await front.listening;
  const dialer = createDialer({ tasks });
  const yaml = undo.use(createYamlThread(surroundings));
  const controlPlane = await startUnderstood({
    ...surroundings,
    store,
    signingKeys: [loadSigningKey(certificates.serviceAccountKey)],
    signatures: signatureVerifier,
    issuer: "https://kubernetes.default.svc.cluster.local",
    rootCertificate: certificates.authority,
    authority: loadCertificateSigner({ certificate: certificates.authority, key: certificates.authorityKey }),
    trust: {
      clientCertificateAuthority: certificates.authority,
      requestHeader: { certificateAuthority: certificates.frontProxyAuthority, allowedNames: ["front-proxy-client"] },
    },
    logFiles: logDirectory("/var/log"),
    frontProxy: await certificates.client("front-proxy-client"),
    ...(address === undefined ? {} : { apiServer: { serviceAddress, address, port: settings.apiPort } }),
    runtimeConfig,
    async serve({ handle }) {
      front.serve(handle);
      // Starting the controllers takes a while in which nobody else has a turn: who has been waiting for the server comes first.
      await turn();
    },
    server: {
      metricsText: () => metrics.text(),
      serviceRanges: [settings.serviceRange],
      dialer,
      readYaml: yaml.read,
      kubelet: {
        certificateAuthority: certificates.authority,
        clientCertificate: await certificates.client("kube-apiserver-kubelet-client"),
      },
    },
    components: {
      ...(options.controllers === undefined ? {} : { controllers: options.controllers }),
      simulatedNodes: nodes === "real" ? 0 : nodes,
      programs: [annotatedProgram],
      metricsServer: true,
      loadBalancerRange: loadBalancerRangeOf(settings.podRange),
      // The first node gets what this machine's takes in any case; simulated ones say theirs themselves.
      nodeIpam: {
        clusterRanges: [settings.podRange],
        serviceRanges: [settings.serviceRange, loadBalancerRangeOf(settings.podRange)],
      },
    },
  });
  undo.defer(() => controlPlane.stop());
  undo.defer(front.close);
  undo.use(renewDaily(surroundings, certificateOptions, server));
  const written = await writeKubeconfig(certificates, server.url, directory);
  await controlPlane.synced();
  if (localNode !== undefined && foundation !== undefined) {
    const { handle } = controlPlane.apiServer;
    const inside = await listen(handle, certificates, surroundings, { host: foundation.gateway, port: settings.apiPort });
    undo.defer(() => inside.close());
    const node = await localNode.startLocalNode(foundation, {
      ...nodeOptions,
      certificates,
      dialer,
      dnsAddress: addressIn(settings.serviceRange, 10),
      clientFor: controlPlane.clientFor,
    });
    nodeIsUp = true;
    undo.defer(() => node.stop());
    await node.ready();
  }
  const stack = undo.move();
  return { controlPlane, url: server.url, kubeconfig: written, stop: () => stack.disposeAsync() };
}

/** Starts the control plane; what it is asked for and doesn't have, such as a controller of that name, is who asked's mistake. */
async function startUnderstood(options: ControlPlaneOptions): Promise<ControlPlane> {
  try {
    return await startControlPlane(options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CommandError(error.message, { cause: error, exitCode: 2 });
  }
}

function mustBeReadable(runtimeConfig: string): void {
  try {
    servedBy(runtimeConfig, allKinds);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CommandError(error.message, { cause: error, exitCode: 2 });
  }
}

async function certificatesIn(options: Parameters<typeof ensureCertificates>[0]): Promise<Certificates> {
  try {
    return await ensureCertificates(options);
  } catch (error) {
    throw new CommandError(`Cannot read or make the certificates in ${options.directory}: ${reasonOf(error)}`, { cause: error });
  }
}

/** What listens on loopback before there is a server to answer. */
interface Front {
  readonly listening: Promise<HttpsServer>;
  /** Answers whoever has come meanwhile, and from now on. */
  serve(handle: Handler): void;
  close(): Promise<void>;
}

/**
 * Listens as soon as there are certificates. Listening and handshakes need neither the store nor the API server, and are done while these come
 * up: a request that comes before is answered when the server is ready.
 */
function openFront(
  certified: Promise<Certificates>,
  { port, ...surroundings }: Pick<Surroundings, "logger" | "tasks"> & { readonly port: number },
): Front {
  const ready = Promise.withResolvers<Handler>();
  const handle: Handler = async (request, peer, signal) => (await untilAborted(ready.promise, signal))(request, peer, signal);
  const listening = certified.then((certificates) => listen(handle, certificates, surroundings, { host: "127.0.0.1", port }));
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    ready.reject(serviceUnavailable("the API server is shutting down"));
    const server = await listening.catch(() => undefined);
    await server?.close();
  };
  // Both are awaited by whoever needs them; a start may fail before.
  listening.catch(() => undefined);
  ready.promise.catch(() => undefined);
  return { listening, serve: ready.resolve, close: () => (closing ??= close()) };
}

async function listen(
  handle: Handler,
  certificates: Certificates,
  { tasks, logger }: Pick<Surroundings, "logger" | "tasks">,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<HttpsServer> {
  const {
    serving: { certificate, key },
    authority,
  } = certificates;
  try {
    return await serveHttps({
      handle,
      tasks,
      logger,
      host,
      port,
      serving: { certificate, key },
      clientCertificateAuthority: authority,
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw portTaken(port, error);
    }
    throw new CommandError(`Cannot listen on port ${port} of ${host}: ${reasonOf(error)}`, { cause: error });
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
  writeIfChanged(file, text);
  return { text, path: file };
}

/** The `index`th address of a range: `10.96.0.0/12`, 1 → `10.96.0.1`. */
function addressIn(range: string, index: number): string {
  const [a, b, c, d] = range.split("/")[0]!.split(".").map(Number);
  return `${a}.${b}.${c}.${d! + index}`;
}
