import { hostname } from "node:os";
import { electLeader } from "@kubets/client";
import { type Logger, uuid } from "@kubets/machinery";
import { machineSurroundings } from "../local-store.ts";
import type { RunningComponent, Surroundings } from "../control-plane.ts";
import { type ClusterConnection, connectCluster } from "./cluster-connection.ts";
import type { ConnectionSettings, LeaderElectionSettings, ServingSettings } from "./common-settings.ts";
import { serveComponent } from "./component-server.ts";
import type { RunningProgram } from "./program.ts";

/** What every component of the control plane that works by itself is told. */
export interface ElectedComponentSettings {
  readonly connection: ConnectionSettings;
  /** Absent: it listens nowhere. */
  readonly serving?: ServingSettings;
  /** Absent: it works without asking. */
  readonly leaderElection?: LeaderElectionSettings;
}

export interface ElectedComponent {
  /** As upstream calls it. */
  readonly name: string;
  /** What only one of all processes does at a time. */
  readonly work: (
    cluster: ClusterConnection,
    context: { readonly surroundings: Surroundings; readonly signal: AbortSignal },
  ) => Promise<RunningComponent>;
}

/**
 * A component as a process of its own: it tells of itself over HTTPS, waits until it is its turn, and works. When it ends in peace it gives
 * the lease up, after its work has ended. A leader that loses its lease ends for good: whoever watches over it starts it anew.
 */
export async function startElectedComponent(
  { name, work }: ElectedComponent,
  { connection, serving, leaderElection }: ElectedComponentSettings,
  logger: Logger,
): Promise<RunningProgram> {
  const surroundings = machineSurroundings(logger);
  const { tasks, random } = surroundings;
  await using undo = new AsyncDisposableStack();
  const cluster = undo.use(await connectCluster(connection, surroundings));
  // Those that wait for their turn are ready for it.
  let isLoading = leaderElection === undefined;
  if (serving !== undefined) {
    const hasLoaded = async (): Promise<void> => {
      if (isLoading) throw new Error("it has not loaded yet what it watches");
    };
    const ping = { name: "ping", check: () => Promise.resolve() };
    const options = { name, livez: [ping], readyz: [{ name: "informer-sync", check: hasLoaded }] };
    const { url } = undo.use(await serveComponent(serving, surroundings, options));
    logger.info("Serving securely", { address: url });
  }
  const run = async (signal: AbortSignal): Promise<void> => {
    isLoading = true;
    const component = await work(cluster, { surroundings, signal });
    try {
      await component.synced(signal);
      isLoading = false;
      logger.info("Working", { component: name, server: cluster.server });
      await aborted(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await component.stop();
    }
  };
  const stopping = new AbortController();
  const { signal } = stopping;
  const identity = `${hostname()}_${uuid(random)}`;
  const ended =
    leaderElection === undefined
      ? tasks.run("component", () => run(signal)).then(() => "stopped" as const)
      : electLeader({ ...surroundings, client: cluster.client(name), ...leaderElection, identity, signal, onStartedLeading: run });
  ended.catch(() => undefined);
  undo.defer(async () => {
    stopping.abort(new Error("The component is told to end"));
    await ended.catch(() => undefined);
  });
  const running = undo.move();
  return {
    over: ended.then(
      (outcome) => (outcome === "lost" ? "leaderelection lost" : forever()),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    ),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function forever(): Promise<never> {
  return new Promise(() => {});
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
