import { setImmediate } from "node:timers/promises";
import { type Pod, PodKind } from "@kubets/api";
import {
  applyDefaults,
  createTasks,
  decodeObject,
  type Kind,
  type KubernetesObject,
  parseJson,
  type Peer,
  type Request,
  type Tasks,
  validateObjectMeta,
  validateSchema,
} from "@kubets/machinery";
import { createSystemClock, createSystemRandom } from "@kubets/machinery/node";
import type { Store } from "@kubets/store";
import { createMemoryStore } from "@kubets/store/memory";
import type { ApiServer } from "./index.ts";
import { benchmarkPod } from "./testing/benchmark-pod.ts";
import { standardServer } from "./testing/standard-server.ts";
import { encodeStored, spliceRevision, storedFormOf } from "./watch-cache/cached-object.ts";

/** What one step of a create costs, in microseconds of the serving thread. */
export interface StepCost {
  readonly step: string;
  readonly microseconds: number;
}

export interface CreateRate {
  readonly createsPerSecond: number;
  readonly p99Milliseconds: number;
  /** Of the thread that serves, for one create through the whole pipeline. */
  readonly mainThreadMicroseconds: number;
}

const target = "/api/v1/namespaces/default/pods";
const peer: Peer = {
  via: "network",
  address: "127.0.0.1",
  certificate: { commonName: "bench", organizations: ["system:masters"], fingerprint: "" },
};

/** The steps of a create, each by itself, `rounds` times after a warm-up. */
export function measureSteps({ rounds = 20_000 }: { readonly rounds?: number } = {}): readonly StepCost[] {
  const kind = PodKind as unknown as Kind;
  const { strategy } = PodKind;
  const complete = (object: Pod): Pod => strategy.defaults?.(applyDefaults(PodKind.schema, object)) ?? object;
  const parsed = (): unknown => parseJson(benchmarkPod, { findDuplicates: true }).value;
  const decoded = decodeObject(PodKind.schema, parsed()).object;
  const metadata = {
    ...decoded.metadata,
    name: "frontend-7d4b9c6f5d-abcde",
    uid: "5f0d2c5e-9d53-4c39-8f6c-6f0e2b1d7a12",
    creationTimestamp: "2026-01-01T12:00:00Z",
  };
  const completed = complete({ ...decoded, metadata });
  const stored = encodeStored(kind, completed);
  const form = storedFormOf(kind);
  const parse = costOf(rounds, parsed);
  return [
    { step: "parse JSON, find duplicates", microseconds: parse },
    { step: "decode by the schema", microseconds: costOf(rounds, () => decodeObject(PodKind.schema, parsed())) - parse },
    { step: "fill in defaults", microseconds: costOf(rounds, () => complete(decoded)) },
    { step: "fill in defaults again", microseconds: costOf(rounds, () => complete(completed)) },
    {
      step: "validate",
      microseconds: costOf(rounds, () => [
        validateObjectMeta(kind, completed.metadata),
        validateSchema(PodKind.schema, completed),
        strategy.validate?.(completed),
        strategy.validateCreate?.(completed),
        strategy.warnings?.(completed),
      ]),
    },
    { step: "encode for the store", microseconds: costOf(rounds, () => encodeStored(kind, completed)) },
    { step: "splice the revision", microseconds: costOf(rounds, () => spliceRevision(stored, form, 1_234_567)) },
    {
      step: "decode again, freeze (once for all readers in the process)",
      microseconds: costOf(rounds, () => form.complete(JSON.parse(new TextDecoder().decode(stored)) as KubernetesObject)),
    },
  ];
}

function costOf(rounds: number, once: () => unknown): number {
  let kept: unknown;
  for (let round = 0; round < rounds / 4; round++) kept = once();
  const began = process.threadCpuUsage();
  for (let round = 0; round < rounds; round++) kept = once();
  const { user, system } = process.threadCpuUsage(began);
  if (kept === undefined) throw new Error("a step answers something");
  return (user + system) / rounds;
}

/** Creates Pods through the whole pipeline (authentication, RBAC, admission, validation), `inFlight` at a time, without sockets. */
export async function measureCreates({
  makeStore = (world) => createMemoryStore(world),
  inFlight,
  seconds,
}: {
  readonly makeStore?: (world: { readonly clock: ReturnType<typeof createSystemClock>; readonly tasks: Tasks }) => Store | Promise<Store>;
  readonly inFlight: number;
  readonly seconds: number;
}): Promise<CreateRate> {
  const tasks = createTasks({ turn: () => setImmediate() });
  const clock = createSystemClock();
  const random = createSystemRandom();
  const store = await makeStore({ clock, tasks });
  const server = await standardServer({ store, clock, random, tasks });
  try {
    await server.ready();
    await send(server, "/api/v1/namespaces/default/serviceaccounts", new TextEncoder().encode('{"metadata":{"name":"default"}}'));
    await createPods(server, { inFlight, seconds: 1 });
    const cpu = process.threadCpuUsage();
    const began = performance.now();
    const milliseconds = (await createPods(server, { inFlight, seconds })).sort((a, b) => a - b);
    const elapsed = performance.now() - began;
    const { user, system } = process.threadCpuUsage(cpu);
    return {
      createsPerSecond: (milliseconds.length / elapsed) * 1000,
      p99Milliseconds: milliseconds[Math.floor(milliseconds.length * 0.99)] ?? Number.NaN,
      mainThreadMicroseconds: (user + system) / milliseconds.length,
    };
  } finally {
    await server.close();
    await store.close();
  }
}

async function createPods(
  server: ApiServer,
  { inFlight, seconds }: { readonly inFlight: number; readonly seconds: number },
): Promise<number[]> {
  const until = performance.now() + seconds * 1000;
  const milliseconds: number[] = [];
  const work = async (): Promise<void> => {
    while (performance.now() < until) {
      const began = performance.now();
      await send(server, target, benchmarkPod);
      milliseconds.push(performance.now() - began);
      // As requests from a socket would: each in a turn of its own.
      await setImmediate();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return milliseconds;
}

async function send(server: ApiServer, path: string, body: Uint8Array): Promise<void> {
  const request: Request = {
    method: "POST",
    target: path,
    headers: { "content-type": "application/json", accept: "application/json" },
    body,
  };
  const answer = await server.handle(request, peer, never);
  if (answer.status !== 201)
    throw new Error(
      `Cannot create: the server answered ${answer.status}${"body" in answer && answer.body.kind === "bytes" ? ` ${new TextDecoder().decode(answer.body.bytes())}` : ""}`,
    );
  if ("body" in answer && answer.body.kind === "bytes") answer.body.bytes();
}

const never = new AbortController().signal;
