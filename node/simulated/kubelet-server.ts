import { parseLogOptions } from "@kubets/api";
import {
  badRequest,
  type Clock,
  type DialRequest,
  type DialResponse,
  type DialUpgrade,
  methodNotAllowed,
  noSuchPath,
  StatusError,
  type Tasks,
} from "@kubets/machinery";
import { logStream } from "./log-stream.ts";
import { allContainers, type PodState } from "./pod-state.ts";
import { type CommandResult, ProgramError, programOf, type ProgramRule } from "./programs.ts";
import { remoteCommand, type Streams } from "./remote-commands.ts";
import { portForward } from "./port-forward.ts";
import { bytesOf, streamOf } from "./bytes.ts";
import { connectTo, type Listener, type ListeningOptions } from "./simulated-network.ts";
import { containerUses, resourceMetrics, statsSummary } from "./usage-metrics.ts";

export interface KubeletServerOptions {
  readonly node: string;
  /** The Pods of the node, as they are now. */
  readonly states: () => readonly PodState[];
  readonly programs: readonly ProgramRule[];
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly ran: ListeningOptions["ran"];
}

interface Call {
  readonly request: DialRequest;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
}

/** The kubelet's own interface on a simulated node. Only the API server of its cluster has a way to it, so nobody is asked who they are. */
export function kubeletServer(options: KubeletServerOptions): Listener {
  const { tasks } = options;
  const answered = async <Answer extends DialResponse | DialUpgrade>(work: () => Promise<Answer>): Promise<Answer | DialResponse> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StatusError) return answer(error.code, error.message);
      // Who wrote the program has to know; who asked learns only that it failed.
      if (error instanceof ProgramError) tasks.start("simulated program", () => Promise.reject(error));
      throw error;
    }
  };
  const callOf = (request: DialRequest, signal: AbortSignal): Call => {
    const [path = "", query = ""] = request.target.split("?", 2);
    return { request, path: path.split("/").slice(1).map(decodeURIComponent), query: new URLSearchParams(query), signal };
  };
  return {
    request: (_target, request, signal) =>
      tasks.run("simulated kubelet request", () => answered(async () => route(options, callOf(request, signal)))),
    upgrade: (_target, request, signal) =>
      tasks.run("simulated kubelet request", () => answered(async () => connect(options, callOf(request, signal)))),
  };
}

function route(options: KubeletServerOptions, call: Call): DialResponse {
  const { states, clock, programs, node } = options;
  const [what, ...rest] = call.path;
  const uses = (): ReturnType<typeof containerUses> => containerUses(states(), clock.now(), programs);
  switch (call.path.join("/")) {
    case "healthz":
      return answer(200, "ok");
    case "pods":
    case "runningpods":
      return json({ kind: "PodList", apiVersion: "v1", metadata: {}, items: states().map(({ pod }) => pod) });
    case "stats/summary":
      return json(statsSummary(node, uses(), clock.now()));
    case "metrics/resource":
      return answer(200, resourceMetrics(uses(), clock.now()));
    case "metrics":
      return answer(200, ownMetrics(node, states()));
  }
  if (what !== "containerLogs") throw noSuchPath();
  if (call.request.method !== "GET") throw methodNotAllowed();
  const { state, container } = containerAt(states(), rest);
  const { uid } = state.pod.metadata;
  const body = logStream({
    state: () => states().find(({ pod }) => pod.metadata.uid === uid),
    container,
    options: parseLogOptions(call.query, clock.now()),
    clock,
    programs,
    signal: call.signal,
  });
  return { status: 200, headers: { "content-type": "text/plain" }, body };
}

function connect(options: KubeletServerOptions, call: Call): DialUpgrade {
  const { request, path, query, signal } = call;
  const [what, ...rest] = path;
  const { states, tasks } = options;
  if (what === "portForward") return forwardPorts(options, call);
  if (what !== "exec" && what !== "attach") throw noSuchPath();
  const { state, container } = containerAt(states(), rest);
  if (state.runs[container]?.kind !== "running")
    throw new StatusError(500, "InternalError", `container not found (${JSON.stringify(container)})`);
  const command = query.getAll("command");
  if (what === "exec" && command.length === 0) throw badRequest("you must specify at least one command for the container");
  return remoteCommand({
    request,
    query,
    signal,
    begin: (work) => tasks.start(`simulated ${what}`, (task) => task.idle(work())),
    run: (streams) =>
      what === "exec" ? exec(options, { state, container, command, streams }) : attach(options, { state, container, streams, signal }),
  });
}

function forwardPorts({ states, programs, tasks, ran }: KubeletServerOptions, { request, path, query, signal }: Call): DialUpgrade {
  const [, namespace = "", name = ""] = path;
  const found = (): PodState => {
    const state = states().find(({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name);
    if (state === undefined) throw new StatusError(404, "NotFound", `pod ${JSON.stringify(name)} not found`);
    return state;
  };
  found();
  return portForward({
    request,
    query,
    signal,
    pod: `${namespace}/${name}`,
    begin: (work) => tasks.start("simulated port-forward", (task) => task.idle(work())),
    connect: (port, connection) => connectTo(found(), port, connection, { programs, ran }),
  });
}

async function exec(
  { programs, tasks }: KubeletServerOptions,
  {
    state: { pod, runs },
    container: name,
    command,
    streams,
  }: { readonly state: PodState; readonly container: string; readonly command: readonly string[]; readonly streams: Streams },
): Promise<CommandResult> {
  const container = allContainers(pod).find((each) => each.name === name)!;
  const { restarts = 0 } = runs[name] ?? {};
  const context = { container, pod, restarts };
  const run = programOf(programs, context).exec;
  if (run === undefined) {
    await streams.stderr(bytesOf(`the program of image "${container.image}" runs no commands\n`));
    return { exitCode: 127 };
  }
  let result: CommandResult;
  try {
    result = await run({ command, pod, stdin: streams.stdin });
  } catch (cause) {
    const error = new ProgramError(context, cause);
    tasks.start("simulated program", () => Promise.reject(error));
    throw error;
  }
  const { stdout = "", stderr = "" } = result;
  if (stdout !== "") await streams.stdout(bytesOf(stdout));
  if (stderr !== "") await streams.stderr(bytesOf(stderr));
  return result;
}

/** What the container writes from now on, until it ends. */
async function attach(
  { states, programs, clock }: KubeletServerOptions,
  {
    state,
    container,
    streams,
    signal,
  }: { readonly state: PodState; readonly container: string; readonly streams: Streams; readonly signal: AbortSignal },
): Promise<Pick<CommandResult, "exitCode">> {
  const { uid } = state.pod.metadata;
  const current = (): PodState | undefined => states().find(({ pod }) => pod.metadata.uid === uid);
  const options = { follow: true, previous: false, timestamps: false, tailLines: 0 };
  for await (const bytes of logStream({ state: current, container, options, clock, programs, signal })) await streams.stdout(bytes);
  const run = current()?.runs[container];
  const ended = run?.kind === "terminated" ? run : run?.last;
  return { exitCode: ended?.exitCode ?? 0 };
}

function containerAt(states: readonly PodState[], path: readonly string[]): { readonly state: PodState; readonly container: string } {
  const [namespace = "", name = ""] = path;
  const container = path.at(-1) ?? "";
  const state = states.find(({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name);
  if (state === undefined) throw new StatusError(404, "NotFound", `pod ${JSON.stringify(name)} not found`);
  if (path.length < 3 || !allContainers(state.pod).some((each) => each.name === container))
    throw new StatusError(404, "NotFound", `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(name)}`);
  return { state, container };
}

/** What `/metrics` of a kubelet tells of the kubelet itself. */
function ownMetrics(node: string, states: readonly PodState[]): string {
  const running = states.flatMap(({ runs }) => Object.values(runs)).filter(({ kind }) => kind === "running").length;
  return [
    "# TYPE kubelet_node_name gauge",
    `kubelet_node_name{node="${node}"} 1`,
    "# TYPE kubelet_running_pods gauge",
    `kubelet_running_pods ${states.length}`,
    "# TYPE kubelet_running_containers gauge",
    `kubelet_running_containers{container_state="running"} ${running}`,
    "",
  ].join("\n");
}

function answer(status: number, text: string): DialResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: streamOf(bytesOf(text)) };
}

function json(value: unknown): DialResponse {
  return { status: 200, headers: { "content-type": "application/json" }, body: streamOf(bytesOf(JSON.stringify(value))) };
}
