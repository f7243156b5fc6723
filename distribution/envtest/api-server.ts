import { get } from "node:http";
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { serveHttps } from "@kubets/apiserver/node";
import { type Clock, type Logger, type SigningKey, sleep } from "@kubets/machinery";
import { loadSigningKey, loadVerificationKey, signatureVerifier } from "@kubets/machinery/node";
import type { Store } from "@kubets/store";
import type { SqliteStoreOptions } from "@kubets/store/sqlite";
import type { KeyPair } from "../certificates/index.ts";
import { nobodysAuthority, servingPair } from "../components/self-signed.ts";
import { type ControlPlane, startControlPlane, type Surroundings } from "../control-plane.ts";
import { createDialer } from "../dialer.ts";
import { machineSurroundings } from "../local-store.ts";
import { heartbeatRetention } from "../retention.ts";
import type { ApiServerSettings } from "./api-server-settings.ts";
import { type EmbeddedStorePlace, embeddedStorePath } from "./etcd-program.ts";

/** An API server on its port. */
export interface RunningApiServer extends AsyncDisposable {
  readonly url: string;
}

export async function startApiServer(settings: ApiServerSettings, logger: Logger): Promise<RunningApiServer> {
  const surroundings = machineSurroundings(logger);
  await using undo = new AsyncDisposableStack();
  const store = await openStore(settings, surroundings);
  undo.defer(() => store.close());
  const serving = servingOf(settings, surroundings);
  const controlPlane = await start(settings, { surroundings, store, serving });
  undo.defer(() => controlPlane.stop());
  const server = await serveHttps({
    handle: controlPlane.apiServer.handle,
    tasks: surroundings.tasks,
    logger,
    host: settings.host,
    port: settings.port,
    serving,
    clientCertificateAuthority: settings.clientAuthority ?? nobodysAuthority(surroundings),
  });
  undo.defer(() => server.close({ graceMilliseconds: 100 }));
  const running = undo.move();
  return { url: server.url, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

interface Parts {
  readonly surroundings: ReturnType<typeof machineSurroundings>;
  readonly store: Store;
  readonly serving: KeyPair;
}

function start(settings: ApiServerSettings, { surroundings, store, serving }: Parts): Promise<ControlPlane> {
  const { clientAuthority, requestHeader, frontProxy, advertised, port, serviceRanges, controllers, scheduler, nodes } = settings;
  const trust =
    clientAuthority === undefined
      ? undefined
      : { clientCertificateAuthority: clientAuthority, ...(requestHeader === undefined ? {} : { requestHeader }) };
  return startControlPlane({
    ...surroundings,
    store,
    signingKeys: signingKeys(settings),
    signatures: signatureVerifier,
    issuer: settings.issuer,
    authorizationModes: settings.authorizationModes,
    admission: settings.admission,
    runtimeConfig: settings.runtimeConfig,
    // Who signed it, only the caller knows.
    rootCertificate: serving.certificate,
    ...(trust === undefined ? {} : { trust }),
    ...(frontProxy === undefined ? {} : { frontProxy }),
    ...(advertised === undefined ? {} : { apiServer: { serviceAddress: firstAddressOf(serviceRanges[0]!), address: advertised, port } }),
    server: {
      metricsText: () => surroundings.metrics.text(),
      serviceRanges,
      nodePortRange: settings.nodePorts,
      eventSeconds: settings.eventSeconds,
      limits: settings.limits,
      dialer: createDialer({ tasks: surroundings.tasks }),
      kubelet: settings.kubelet,
    },
    components: { controllers, scheduler, simulatedNodes: nodes },
  });
}

/** How long an API server waits for its etcd. */
const longestWait = 20_000;
const betweenTries = 100;

/** The embedded store, in a file or beside our own etcd; or a real etcd. */
async function openStore({ etcd }: ApiServerSettings, surroundings: Surroundings): Promise<Store> {
  const [, file] = /^sqlite:(.+)$/.exec(etcd.servers[0]!) ?? [];
  if (file !== undefined) return openSqlite({ ...surroundings, path: resolve(file), synchronous: "FULL" });
  const place = await askForPlace(etcd.servers[0]!, surroundings.clock);
  if (place === undefined) {
    const { createEtcdStore } = await import("@kubets/store/etcd");
    const { servers, prefix, ...tls } = etcd;
    return createEtcdStore({ ...surroundings, endpoints: servers, prefix, ...(Object.keys(tls).length === 0 ? {} : { tls }) });
  }
  const name = `${etcd.prefix.replace(/^\//, "").replaceAll("/", "_")}.sqlite`;
  return openSqlite({ ...surroundings, path: join(place.dataDirectory, name), synchronous: place.synchronous });
}

async function openSqlite(options: Omit<SqliteStoreOptions, "retention">): Promise<Store> {
  const { createSqliteStore } = await import("@kubets/store/sqlite");
  mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  return createSqliteStore({ ...options, retention: heartbeatRetention });
}

async function askForPlace(server: string, clock: Clock): Promise<EmbeddedStorePlace | undefined> {
  if (!server.startsWith("http://")) return undefined;
  const started = clock.monotonic();
  for (;;) {
    try {
      return await placeAt(`${server.replace(/\/$/, "")}${embeddedStorePath}`);
    } catch (error) {
      if (clock.monotonic() - started > longestWait) throw error;
      await sleep(clock, betweenTries);
    }
  }
}

/** `undefined` when whoever answers is no etcd of ours. */
function placeAt(url: string): Promise<EmbeddedStorePlace | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      const chunks: Uint8Array[] = [];
      response.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve(response.statusCode === 200 ? (JSON.parse(Buffer.concat(chunks).toString()) as EmbeddedStorePlace) : undefined),
      );
    }).on("error", reject);
  });
}

function signingKeys({ signingKey, verificationKeys }: ApiServerSettings): readonly [SigningKey, ...SigningKey[]] {
  const own = loadSigningKey(signingKey!);
  const others = verificationKeys.map(loadVerificationKey).filter(({ id }) => id !== own.id);
  return [own, ...others];
}

function servingOf({ serving, host, advertised }: ApiServerSettings, surroundings: Surroundings): KeyPair {
  if ("certificate" in serving) return serving;
  const alternativeNames = {
    hostnames: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"],
    addresses: ["127.0.0.1", ...(advertised === undefined ? [] : [advertised])],
  };
  return servingPair({ name: "apiserver", ...serving, host: advertised ?? host, alternativeNames }, surroundings);
}

/** That of the Service `kubernetes`: `10.0.0.0/24` → `10.0.0.1`. */
function firstAddressOf(range: string): string {
  const [address = ""] = range.split("/");
  if (address.includes(":")) return `${address}1`;
  const [a, b, c, d] = address.split(".").map(Number);
  return `${a}.${b}.${c}.${d! + 1}`;
}
