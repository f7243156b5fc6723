import type { Client } from "@kubets/client";
import type { ContainerId, RuntimeService } from "@kubets/container-runtime";
import {
  type Chunk,
  type Clock,
  type Dialer,
  type Handler,
  type Logger,
  methodNotAllowed,
  noSuchPath,
  notFound,
  type Request,
  type Response,
  StatusError,
  type Tasks,
  type Upgrade,
} from "@kubets/machinery";
import type { Layout } from "../layout.ts";
import type { PodWorkers } from "../pod-worker/pod-workers.ts";
import { allContainers, type PodWorkerState } from "../pod-worker/state.ts";
import type { Files, Machine } from "../system.ts";
import { createAccess } from "./access.ts";
import { logFileOf, parseLogOptions, readLog } from "./logs.ts";
import { parseExec, parseStreams, streamCommand, streamPorts } from "./streaming.ts";
import { createStats, type Stats } from "./stats.ts";

export interface KubeletHandlerOptions {
  readonly client: Client;
  readonly workers: () => PodWorkers;
  readonly runtime: RuntimeService;
  readonly machine: Machine;
  readonly files: Files;
  readonly layout: Layout;
  /** Reaches the runtime's streaming server on loopback. */
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly nodeName: string;
}

interface Call {
  readonly request: Request;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
}

/** The kubelet's own interface, which the API server calls for logs, exec, attach and port-forward. */
export function createKubeletHandler(options: KubeletHandlerOptions): Handler {
  const { client, clock, nodeName, logger, tasks } = options;
  const access = createAccess({ client, clock, nodeName });
  const stats = createStats(options);
  tasks.start("node usage", () => stats.begin());
  return (request, peer, signal) =>
    tasks.run("kubelet request", async () => {
      try {
        const [path = "", query = ""] = request.target.split("?", 2);
        // Whether the process lives is told to anyone on the node.
        if (path === "/healthz") return plain(200, "ok");
        await access.demand(request, peer);
        const parts = path.split("/").slice(1).map(decodeURIComponent);
        return await route({ ...options, stats }, { request, path: parts, query: new URLSearchParams(query), signal });
      } catch (error) {
        if (error instanceof StatusError) return plain(error.code, error.message);
        if (!signal.aborted) logger.warn("A request to the kubelet failed", { target: request.target, error });
        return plain(500, error instanceof Error ? error.message : String(error));
      }
    });
}

async function route(options: KubeletHandlerOptions & { readonly stats: Stats }, call: Call): Promise<Response | Upgrade> {
  const [what, ...rest] = call.path;
  switch (what) {
    case "containerLogs":
      if (call.request.method !== "GET") throw methodNotAllowed();
      return containerLogs(options, call, rest);
    case "exec":
    case "attach":
    case "portForward":
      return stream(options, what, call, rest);
    case "pods": {
      const items = options
        .workers()
        .all()
        .filter(({ isGone }) => !isGone)
        .map(({ pod }) => ({ ...pod, apiVersion: undefined, kind: undefined }));
      return json({ kind: "PodList", apiVersion: "v1", metadata: {}, items });
    }
    case "stats":
      if (rest[0] !== "summary") throw noSuchPath();
      return json(await options.stats.summary(call.signal));
    default:
      throw noSuchPath();
  }
}

async function containerLogs(
  { workers, layout, files, clock }: KubeletHandlerOptions,
  { query, signal }: Call,
  path: readonly string[],
): Promise<Response> {
  const { state, container } = containerAt(workers(), path);
  const log = parseLogOptions(query, clock.now());
  const { path: file, isRunning } = logFileOf(layout, state, container, log.previous);
  const follow = log.follow && isRunning;
  const over = new AbortController();
  const run = state.runs[container];
  const watching = workers().onChange(state.pod.metadata.uid, (now) => {
    const current = now?.runs[container];
    if (current === undefined || run?.kind !== "running" || current.kind !== "running" || current.id !== run.id) over.abort();
  });
  const chunks = async function* (): AsyncGenerator<Chunk> {
    using _watching = watching;
    const options = { ...log, follow };
    for await (const bytes of readLog(file, { files, clock, options, signal: AbortSignal.any([signal, over.signal]) }))
      yield { bytes: () => bytes };
  };
  return { status: 200, headers: { "content-type": "text/plain" }, body: { kind: "stream", chunks: chunks() } };
}

async function stream(
  { workers, runtime, dialer }: KubeletHandlerOptions,
  what: "exec" | "attach" | "portForward",
  { request, query, signal }: Call,
  path: readonly string[],
): Promise<Response | Upgrade> {
  if (what === "portForward") {
    const { sandbox } = podAt(workers(), path);
    if (sandbox.kind !== "ready") throw notFound({ group: "", resource: "pods" }, path[1] ?? "");
    const ports = query.getAll("port").map(Number);
    const url = await runtime.portForward(sandbox.id, ports, { signal });
    // Over websockets the runtime wants the ports in the query as well.
    const asked = ports.length === 0 ? url : `${url}?${ports.map((port) => `port=${port}`).join("&")}`;
    return streamPorts({ dialer, url: asked, request, signal });
  }
  const { state, container } = containerAt(workers(), path);
  const id = runningId(state, container);
  if (what === "attach") {
    const streams = parseStreams(query);
    return streamCommand({ dialer, url: await runtime.attach(id, streams, { signal }), request, signal }, streams);
  }
  const command = parseExec(query);
  return streamCommand({ dialer, url: await runtime.exec(id, command, { signal }), request, signal }, command);
}

function runningId({ runs }: PodWorkerState, container: string): ContainerId {
  const run = runs[container];
  if (run?.kind !== "running") throw new StatusError(500, "InternalError", `container not found (${JSON.stringify(container)})`);
  return run.id;
}

function podAt(workers: PodWorkers, [namespace = "", name = ""]: readonly string[]): PodWorkerState {
  const state = workers.find(namespace, name);
  if (state === undefined) throw new StatusError(404, "NotFound", `pod ${JSON.stringify(name)} not found`);
  return state;
}

function containerAt(workers: PodWorkers, path: readonly string[]): { readonly state: PodWorkerState; readonly container: string } {
  const state = podAt(workers, path);
  const container = path.at(-1) ?? "";
  if (path.length < 3 || !allContainers(state.pod).some(({ name }) => name === container)) {
    throw new StatusError(404, "NotFound", `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(path[1])}`);
  }
  return { state, container };
}

function plain(status: number, text: string): Response {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8" },
    body: { kind: "bytes", bytes: () => new TextEncoder().encode(text) },
  };
}

function json(value: unknown): Response {
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: { kind: "bytes", bytes: () => new TextEncoder().encode(JSON.stringify(value)) },
  };
}
