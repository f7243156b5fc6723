import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@kubets/client";
import { createKubeconfigTransport, readKubeconfig, selectContext } from "@kubets/client/node";
import { createTasks } from "@kubets/machinery";
import { createSystemClock, createSystemRandom, turn } from "@kubets/machinery/node";
import { type Certificates, ensureCertificates, kubeconfig } from "../../certificates/index.ts";
import { freePort } from "../../envtest/testing/replay.ts";

const begin = fileURLToPath(new URL("../../../tools/begin.mjs", import.meta.url));

/** A component as a process of its own. */
export interface ComponentProcess {
  /** What it has said on standard error. */
  readonly said: () => string;
  /** How it ended: the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly isRunning: () => boolean;
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

/** A control plane whose components are processes that meet over HTTPS alone, each with a kubeconfig of its own. */
export interface SeparateCluster extends AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  readonly certificates: Certificates;
  /** As the cluster's administrator. */
  readonly client: Client;
  /** Writes the kubeconfig of a component, with the certificate that says who it is; answers the file. */
  kubeconfigOf(component: Parameters<Certificates["client"]>[0]): Promise<string>;
  /** Starts `kubets WORDS…`; it is ended with the cluster. */
  start(words: readonly string[], environment?: Readonly<Record<string, string>>): ComponentProcess;
}

export interface SeparateClusterOptions {
  readonly simulatedNodes?: number;
  /** Where all of it lies, and whose care that is; one of its own when absent. */
  readonly folder?: string;
}

/** The API server and its certificates; its other components are the test's. */
export async function startSeparateCluster({ simulatedNodes = 0, folder: lent }: SeparateClusterOptions = {}): Promise<SeparateCluster> {
  await using undo = new AsyncDisposableStack();
  const folder = lent ?? mkdtempSync(join(tmpdir(), "kubets-components-"));
  if (lent === undefined) undo.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const pki = join(folder, "pki");
  const clock = createSystemClock();
  const certificates = await ensureCertificates({
    directory: pki,
    clock,
    random: createSystemRandom(),
    hostnames: [],
    addresses: [],
    serviceAddress: "10.0.0.1",
  });
  const kubeletClient = "kube-apiserver-kubelet-client";
  await certificates.client(kubeletClient);
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const kubeconfigOf: SeparateCluster["kubeconfigOf"] = async (component) => {
    const file = join(folder, `${component}.kubeconfig`);
    const certificate = await certificates.client(component);
    writeFileSync(file, kubeconfig({ name: component, server: url, authority: certificates.authority, user: { certificate } }));
    return file;
  };
  const processes = undo.adopt<ComponentProcess[]>([], async (all) => {
    for (const each of all.toReversed()) if (each.isRunning()) await each.end("SIGKILL");
  });
  const start: SeparateCluster["start"] = (words, environment = {}) => {
    const started = startProcess(words, environment);
    processes.push(started);
    return started;
  };
  start(
    [
      "apiserver",
      `--etcd-servers=sqlite:${join(folder, "store", "store.sqlite")}`,
      `--secure-port=${port}`,
      "--bind-address=127.0.0.1",
      "--authorization-mode=Node,RBAC",
      `--client-ca-file=${join(pki, "ca.crt")}`,
      `--tls-cert-file=${join(pki, "apiserver.crt")}`,
      `--tls-private-key-file=${join(pki, "apiserver.key")}`,
      "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
      `--service-account-signing-key-file=${join(pki, "sa.key")}`,
      `--kubelet-certificate-authority=${join(pki, "ca.crt")}`,
      `--kubelet-client-certificate=${join(pki, `${kubeletClient}.crt`)}`,
      `--kubelet-client-key=${join(pki, `${kubeletClient}.key`)}`,
    ],
    { KUBETS_CONTROLLERS: "none", KUBETS_NODES: `${simulatedNodes}` },
  );
  const [apiServer] = processes;
  const isReady = async (): Promise<boolean> => (await ask(`${url}/readyz`)).status === 200 || !apiServer!.isRunning();
  await eventually(isReady, (ready) => ready);
  if (!apiServer!.isRunning()) throw new Error(`The API server ended: ${apiServer!.said()}`);
  const tasks = createTasks({ turn });
  const context = selectContext(await readKubeconfig([await kubeconfigOf("admin")]));
  const transport = await createKubeconfigTransport(context, { tasks, clock, environment: {} });
  undo.defer(() => transport.close());
  const running = undo.move();
  return {
    folder,
    url,
    certificates,
    client: createClient(transport),
    kubeconfigOf,
    start,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function startProcess(words: readonly string[], environment: Readonly<Record<string, string>>): ComponentProcess {
  const child: ChildProcess = spawn(process.execPath, [begin, "kubets", ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...environment },
  });
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
  let isRunning = true;
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once("close", (code, signal) => {
      isRunning = false;
      resolve(signal ?? code);
    }),
  );
  return {
    said: () => said,
    ended,
    isRunning: () => isRunning,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

export interface ComponentAnswer {
  /** 0: nobody answered. */
  readonly status: number;
  readonly text: string;
}

/** Asks a component, whatever certificate it shows. */
export function ask(
  url: string,
  {
    headers = {},
    certificate,
  }: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly certificate?: { readonly certificate: string; readonly key: string };
  } = {},
): Promise<ComponentAnswer> {
  return new Promise((resolve) => {
    const shown = certificate === undefined ? {} : { cert: certificate.certificate, key: certificate.key };
    request(url, { headers, agent: false, rejectUnauthorized: false, ...shown }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    })
      .on("error", () => resolve({ status: 0, text: "" }))
      .end();
  });
}

/** Looks until it is so; answers the last look in any case, for the test to judge. */
export async function eventually<Value>(look: () => Promise<Value>, isSo: (value: Value) => boolean, within = 60_000): Promise<Value> {
  for (const deadline = performance.now() + within; ; await sleep(100)) {
    const value = await look();
    if (isSo(value) || performance.now() > deadline) return value;
  }
}
