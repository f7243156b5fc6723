import type { Container, Pod } from "@kubets/api";
import type { Dialer, DialRequest, DialResponse, DialTarget } from "@kubets/machinery";
import { allContainers, type PodState } from "./pod-state.ts";
import { type ContainerAnswer, ProgramError, programOf, type ProgramRule } from "./programs.ts";
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

/**
 * Who answers for a Pod at one of its ports: the container that names the port, or else the first that names none. `undefined` when no
 * program does.
 */
export function podListener(
  state: PodState,
  port: number,
  { programs, ran }: { readonly programs: readonly ProgramRule[]; readonly ran: <Value>(work: () => Promise<Value>) => Promise<Value> },
): Listener | undefined {
  const { pod } = state;
  const found = answering(state, port, programs);
  if (found === undefined) return undefined;
  const { container, http, restarts } = found;
  return {
    request: (target, request) =>
      ran(async () => {
        try {
          return answerOf(await http(requestOf(target, request, { port, pod })), request.method);
        } catch (cause) {
          throw new ProgramError({ container, pod, restarts }, cause);
        }
      }),
    upgrade: () => Promise.reject(new Error("simulated containers answer requests, they keep no connections")),
  };
}

function answering(
  { pod, runs }: PodState,
  port: number,
  programs: readonly ProgramRule[],
):
  | { readonly container: Container; readonly http: NonNullable<ReturnType<typeof programOf>["http"]>; readonly restarts: number }
  | undefined {
  const listening = allContainers(pod).flatMap((container) => {
    const run = runs[container.name];
    if (run?.kind !== "running") return [];
    const { http } = programOf(programs, { container, pod, restarts: run.restarts });
    return http === undefined ? [] : [{ container, http, restarts: run.restarts }];
  });
  const named = listening.find(({ container }) => container.ports?.some(({ containerPort }) => containerPort === port));
  return named ?? listening.find(({ container }) => container.ports === undefined || container.ports.length === 0);
}

function requestOf(
  { origin }: DialTarget,
  { method, target, headers, body }: DialRequest,
  { port, pod }: { readonly port: number; readonly pod: Pod },
): Parameters<NonNullable<ReturnType<typeof programOf>["http"]>>[0] {
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

export function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : body;
}

export async function* streamOf(bytes: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (bytes !== undefined && bytes.length > 0) yield bytes;
}
