import { spawn } from "node:child_process";
import { mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import type { Logger } from "@kubets/machinery";
import { CommandError } from "../command-error.ts";
import { type DataDirectory, defaultDataDirectory, exists, openDataDirectory, reasonOf } from "../data-directory.ts";
import { installDebianPackages, nodePackages } from "../debian-packages.ts";
import { freeRanges } from "../free-ranges.ts";
import { contextName, mergeKubeconfig, userKubeconfig } from "../kubeconfig-merge.ts";
import type { LocalCluster, LocalClusterOptions } from "../local-cluster.ts";
import { machineSurroundings, openLocalStore } from "../local-store.ts";
import { createLogger } from "../pino-logger.ts";
import { portTaken } from "../port-taken.ts";
import { whyNoRealNode } from "../real-node.ts";

export interface UpOptions {
  readonly name: string;
  readonly dataDir?: string;
  /** When absent: what this machine and user allow. */
  readonly nodes?: string;
  readonly registryConfig?: string;
  readonly runtimeConfig?: readonly string[];
  /** Names, `*`, and names with a `-` before them; all when absent. */
  readonly controllers?: readonly string[];
  readonly port?: string;
  readonly kubeconfig?: string;
  readonly keepContext?: boolean;
  readonly filename?: string;
  readonly detach?: boolean;
  readonly output?: string;
  readonly verbose?: boolean;
}

/** What a script reads on standard output, and a detached cluster tells who started it. */
interface Readiness {
  readonly ready: true;
  readonly name: string;
  readonly server: string;
  readonly kubeconfig: string;
  readonly context: string;
  readonly pid: number;
}

const defaultPort = 6443;

/** `kubets up`: resolves when the cluster has stopped, or, detached, when it is ready. */
export async function up(options: UpOptions): Promise<void> {
  const asked = nodesOf(options.nodes);
  const path = options.dataDir ?? defaultDataDirectory(options.name);
  if (options.detach === true) return detached(options, path);
  const manifest = options.filename === undefined ? undefined : readManifest(options.filename);
  const registryDirectory = options.registryConfig === undefined ? undefined : registriesIn(options.registryConfig);
  const port = options.port === undefined ? await freePort(defaultPort) : portOf(options.port);
  // From here on a signal asks for a stop, and what is being written is written whole.
  const stopping = stopSignals();
  // A new cluster writes its port down for good: not one that it could never have had.
  if (options.port !== undefined && !exists(join(path, "cluster.json")) && !(await isFree(port))) throw portTaken(port);
  using directory = openDataDirectory(path, () => ({ name: options.name, apiPort: port, ...freeRanges(path) }));
  if (options.port !== undefined && directory.settings.apiPort !== port) {
    throw new CommandError(
      `Cluster "${options.name}" was made with port ${directory.settings.apiPort}, which its certificates and kubeconfigs name; start it without --port`,
    );
  }
  say(directory.isNew ? `Making cluster "${options.name}" in ${path} …` : `Starting cluster "${options.name}" from ${path} …`);
  const logger = createLogger({
    level: options.verbose === true ? "debug" : "info",
    ...(options.verbose === true ? {} : { file: join(path, "kubets.log") }),
  });
  const nodes = asked === "real" ? withItsPackages(options.nodes) : asked;
  const cluster = await Promise.race([
    startCluster(directory, {
      logger,
      nodes,
      runtimeConfig: options.runtimeConfig?.join(",") ?? "",
      ...(registryDirectory === undefined ? {} : { registryDirectory }),
      ...(options.controllers === undefined ? {} : { controllers: options.controllers }),
    }),
    stopping.asked.then(() => undefined),
  ]);
  if (cluster === undefined) return endUnready(directory);
  try {
    const file = options.kubeconfig ?? userKubeconfig();
    mergeKubeconfig(file, cluster.kubeconfig.text, { keepContext: options.keepContext === true, merged: join(path, "kubeconfig.merged") });
    if (manifest !== undefined) await apply(manifest, cluster);
    announce(options, cluster, directory, { file, nodes });
    // Else the next start would find only what a program that ended in peace has left.
    setTimeout(flushCompileCache, 1000).unref();
    await stopping.asked;
    say("Stopping; a second Ctrl-C ends it at once …");
  } finally {
    await cluster.stop();
    stopping[Symbol.dispose]();
  }
}

/** The store's thread starts and reads while the rest of the program, three quarters of it, is loaded. */
async function startCluster(
  directory: DataDirectory,
  {
    logger,
    ...options
  }: { readonly logger: Logger } & Pick<LocalClusterOptions, "controllers" | "nodes" | "registryDirectory" | "runtimeConfig">,
): Promise<LocalCluster> {
  const surroundings = machineSurroundings(logger);
  const store = openLocalStore(directory, surroundings);
  // It is awaited below; until then a failure is no bug.
  store.catch(() => undefined);
  const { startLocalCluster } = await import("../local-cluster.ts");
  return startLocalCluster({ ...options, directory, surroundings, store });
}

async function apply(manifest: string, { controlPlane }: LocalCluster): Promise<void> {
  const { applyManifest, UnknownKindError } = await import("../apply-manifest.ts");
  const client = controlPlane.clientFor({ name: "kubernetes-admin", groups: ["system:masters"] }, "kubets-up");
  try {
    for await (const { kind, object, outcome } of applyManifest(client, manifest)) {
      say(`${kind.resource}${kind.group === "" ? "" : `.${kind.group}`}/${object.metadata.name} ${outcome}`);
    }
  } catch (error) {
    if (error instanceof UnknownKindError) throw new CommandError(error.message);
    throw error;
  }
}

/** Asked to stop before there was anything to stop: nothing was promised yet, and what was written is complete as it stands. */
function endUnready(directory: DataDirectory): never {
  directory[Symbol.dispose]();
  say("Stopped before the cluster was ready.");
  process.exit(130);
}

function announce(
  options: UpOptions,
  cluster: LocalCluster,
  { settings, path }: DataDirectory,
  { file, nodes }: { readonly file: string; readonly nodes: Nodes },
): void {
  const context = contextName(settings.name);
  const readiness: Readiness = {
    ready: true,
    name: settings.name,
    server: cluster.url,
    kubeconfig: cluster.kubeconfig.path,
    context,
    pid: process.pid,
  };
  process.send?.(readiness);
  if (options.output === "json") return console.log(JSON.stringify(readiness));
  const withNodes =
    nodes === "real"
      ? "with this machine as its node"
      : nodes === 0
        ? "without nodes"
        : `with ${nodes} simulated node${nodes === 1 ? "" : "s"}`;
  say(`Cluster "${settings.name}" is ready at ${cluster.url}, ${withNodes}.`);
  say(`  kubectl --context ${context} get nodes      (context added to ${file})`);
  say(`  log: ${join(path, "kubets.log")}    stop: Ctrl-C`);
}

/** Starts the same command in the background and waits until it is ready, or has failed. */
async function detached(options: UpOptions, path: string): Promise<void> {
  const output = openOutput(path);
  const args = process.argv.slice(2).filter((arg) => arg !== "--detach");
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    detached: true,
    stdio: ["ignore", output, output, "ipc"],
  });
  const readiness = await new Promise<Readiness>((resolve, reject) => {
    child.once("message", (message) => resolve(message as Readiness));
    child.once("exit", (code) =>
      reject(
        new CommandError(
          `Cluster "${options.name}" did not start (exit code ${code}): ${lastLine(readFileSync(join(path, "up.log"), "utf8"))}`,
        ),
      ),
    );
  });
  child.disconnect();
  child.unref();
  if (options.output === "json") console.log(JSON.stringify(readiness));
  else
    console.log(
      `Cluster "${options.name}" is ready at ${readiness.server} (process ${readiness.pid}, context ${readiness.context}). Stop it with: kubets down --name ${options.name}`,
    );
}

/** Where a detached cluster says what it would say on a terminal. */
function openOutput(path: string): number {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return openSync(join(path, "up.log"), "w", 0o600);
  } catch (error) {
    throw new CommandError(`Cannot use the data directory ${path}: ${reasonOf(error)}; name another with --data-dir`, { cause: error });
  }
}

/** What the program says last is why it ended; the progress before it is in the file. */
function lastLine(text: string): string {
  const line = text
    .trimEnd()
    .split("\n")
    .findLast((each) => each.startsWith("kubets: "));
  return line?.slice("kubets: ".length) ?? text.trim();
}

/** Progress is for people: on standard error, so that `--output json` stays alone on standard output. */
function say(line: string): void {
  console.error(line);
}

type Nodes = "real" | number;

/** What was asked for; else a real node, and where there can't be one, a simulated one. */
function nodesOf(text: string | undefined): Nodes {
  const obstacle = whyNoRealNode();
  if (text === undefined && obstacle !== undefined) {
    say(`No real node: ${obstacle}; starting a simulated node instead.`);
    return 1;
  }
  if (text === undefined || text === "real") {
    if (obstacle !== undefined) throw new CommandError(`Cannot start --nodes real: ${obstacle}`);
    return "real";
  }
  if (text === "none") return 0;
  const match = /^simulated=([1-9]\d{0,5})$/.exec(text);
  if (match === null) throw new CommandError(`Cannot start --nodes ${text}: expected real, none or simulated=N`, { exitCode: 2 });
  return Number(match[1]);
}

/** A real node, once its packages are there. Without them: a simulated one, unless a real one was asked for by name. */
function withItsPackages(asked: string | undefined): Nodes {
  const installation = installDebianPackages(nodePackages, { purpose: "containers on this machine", say });
  if (installation.outcome !== "missing") return "real";
  if (asked === "real") throw new CommandError(`Cannot start --nodes real without ${installation.packages.join(", ")}`);
  say("Starting a simulated node instead.");
  return 1;
}

/** Where it lies, whatever the working directory of containerd. One that can't be read would be found out by a Pod, much later. */
function registriesIn(directory: string): string {
  try {
    readdirSync(directory);
    return resolve(directory);
  } catch (error) {
    throw new CommandError(`Cannot read the registry configuration ${directory}: ${reasonOf(error)}`);
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new CommandError(`Cannot use port ${text}: expected a number from 1 to 65535`, { exitCode: 2 });
  return port;
}

function readManifest(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new CommandError(`Cannot read ${file}: ${reasonOf(error)}`);
  }
}

/** The port, or the next one that nobody listens on. */
async function freePort(from: number): Promise<number> {
  for (let port = from; port < from + 100; port++) if (await isFree(port)) return port;
  throw new CommandError(`All ports from ${from} to ${from + 99} of 127.0.0.1 are taken; name one with --port`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** The first SIGINT or SIGTERM asks for a stop; the second ends the program at once. */
function stopSignals(): Disposable & { readonly asked: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = false;
  const onSignal = (): void => {
    if (asked) process.exit(130);
    asked = true;
    resolve();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);
  return {
    asked: promise,
    [Symbol.dispose]: () => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, onSignal);
    },
  };
}
