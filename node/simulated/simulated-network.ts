import type { Pod } from "@kubets/api";
import type { Dialer, DialRequest, DialResponse, DialTarget, Duplex } from "@kubets/machinery";
import { bytesOf, streamOf } from "./bytes.ts";
import { serveHttpConnection } from "./http-connection.ts";
import { allContainers, type PodState } from "./pod-state.ts";
import {
  type ContainerAnswer,
  type ContainerRequest,
  type Program,
  type ProgramContext,
  ProgramError,
  programOf,
  type ProgramRule,
} from "./programs.ts";
import type { RunningSimulatedNodes } from "./simulated-nodes.ts";

/** Whoever listens at an address of the simulated network. */
export type Listener = Pick<Dialer, "request" | "upgrade">;

/**
 * How an API server reaches what is simulated: the kubelets of its nodes and the containers of their Pods whose programs answer, at the
 * addresses that their objects name. All others are reached `beyond`, where there is a way. `nodes` are asked at each request: they begin after the server does.
 */
export function simulatedDialer(nodes: () => RunningSimulatedNodes | undefined, beyond?: Dialer): Dialer {
  const listenerAt = ({ origin }: DialTarget): Listener => {
    const { protocol, hostname, port } = new URL(origin);
    const number = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
    const listener = nodes()?.listenerAt(hostname.replace(/^\[(.*)\]$/, "$1"), number) ?? beyond;
    if (listener === undefined) throw refused(hostname, number);
    return listener;
  };
  return {
    request: async (target, request, signal) => listenerAt(target).request(target, request, signal),
    upgrade: async (target, request, signal) => listenerAt(target).upgrade(target, request, signal),
  };
}

export function refused(host: string, port: number): Error {
  return new Error(`dial tcp ${host}:${port}: connect: connection refused`);
}

export function unreachable(host: string, port: number): Error {
  return new Error(`dial tcp ${host}:${port}: connect: no route to host`);
}

export interface ListeningOptions {
  readonly programs: readonly ProgramRule[];
  /** Runs what a program does, so that whoever wrote it hears when it throws. */
  readonly ran: <Value>(work: () => Promise<Value>) => Promise<Value>;
}

/**
 * Who answers for a Pod at one of its ports: the container that names the port, or else the first that names none. `undefined` when no
 * program does.
 */
export function podListener(state: PodState, port: number, { programs, ran }: ListeningOptions): Listener | undefined {
  const found = listening(state, port, programs, ({ http }) => http !== undefined);
  if (found === undefined) return undefined;
  return {
    request: (target, request) => ran(() => answered(found, target.origin, port, request)),
    upgrade: () => Promise.reject(new Error("simulated containers answer requests, they keep no connections")),
  };
}

/** Leads a connection to one of a Pod's ports, until one of both ends it. Rejects when nobody listens. */
export async function connectTo(state: PodState, port: number, connection: Duplex, { programs, ran }: ListeningOptions): Promise<void> {
  const found = listening(state, port, programs, ({ http, tcp }) => http !== undefined || tcp !== undefined);
  if (found === undefined) throw refused(state.address.podIP, port);
  const { program, context } = found;
  const { tcp } = program;
  if (tcp === undefined)
    return serveHttpConnection(connection, ({ body, ...request }) => ran(() => answered(found, "http:", port, { ...request, body })));
  try {
    await tcp({ port, pod: context.pod, readable: connection.readable, write: (bytes) => connection.write(bytesOf(bytes)) });
  } catch (cause) {
    // Only what fails is work of the cluster's: a connection may stay open for as long as it likes.
    await ran(() => Promise.reject(new ProgramError(context, cause)));
  }
}

interface Listening {
  readonly program: Program;
  readonly context: ProgramContext;
}

async function answered({ program, context }: Listening, origin: string, port: number, request: DialRequest): Promise<DialResponse> {
  try {
    return answerOf(await program.http!(requestOf(origin, request, { port, pod: context.pod })), request.method);
  } catch (cause) {
    throw new ProgramError(context, cause);
  }
}

function listening(
  { pod, runs }: PodState,
  port: number,
  programs: readonly ProgramRule[],
  listens: (program: Program) => boolean,
): Listening | undefined {
  const all = allContainers(pod).flatMap((container) => {
    const run = runs[container.name];
    if (run?.kind !== "running") return [];
    const context = { container, pod, restarts: run.restarts };
    const program = programOf(programs, context);
    return listens(program) ? [{ program, context }] : [];
  });
  const named = all.find(({ context: { container } }) => container.ports?.some(({ containerPort }) => containerPort === port));
  return named ?? all.find(({ context: { container } }) => container.ports === undefined || container.ports.length === 0);
}

function requestOf(
  origin: string,
  { method, target, headers, body }: DialRequest,
  { port, pod }: { readonly port: number; readonly pod: Pod },
): ContainerRequest {
  const plain = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), typeof value === "string" ? value : value.join(", ")]);
  return {
    method,
    target,
    headers: Object.fromEntries(plain) as Readonly<Record<string, string>>,
    body: body ?? new Uint8Array(),
    port,
    isTls: origin.startsWith("https:"),
    pod,
  };
}

function answerOf({ status = 200, headers = {}, body }: ContainerAnswer, method: string): DialResponse {
  const isText = typeof body === "string";
  const isJson = body !== undefined && !isText && !(body instanceof Uint8Array);
  const type = isJson ? "application/json" : isText ? "text/plain; charset=utf-8" : "application/octet-stream";
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const bytes =
    method === "HEAD" || body === undefined ? undefined : bytesOf(isJson ? JSON.stringify(body) : (body as string | Uint8Array));
  return { status, headers: { ...(body === undefined ? {} : { "content-type": type }), ...lower }, body: streamOf(bytes) };
}
