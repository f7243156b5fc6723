import { EventKind, type Event } from "@kubets/api";
import {
  type Clock,
  formatTime,
  type Instant,
  isStatus,
  type KubernetesObject,
  type Logger,
  type Random,
  sleep,
  StatusError,
  type Task,
  type Tasks,
} from "@kubets/machinery";
import type { Client, DraftObject } from "./client.ts";
import { createEventCorrelator, type CorrelatedEvent, type EventCorrelator, type ToldEvent } from "./event-correlator.ts";
import { isNamespaceTerminating } from "./namespace-terminating.ts";

/** Tells people what happened to objects, by Events. Never fails and never waits: an event is worth less than what it tells of. */
export interface EventRecorder {
  record(event: ToldEvent): void;
}

export interface EventRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  /** The node that the events come from; for components that run on nodes. */
  readonly host?: string;
  /** Ends the recorder: what is not written by then is dropped. */
  readonly signal: AbortSignal;
}

/** As many events as wait to be written at most; what comes on top is dropped. */
const longestQueue = 1000;
const mostAtOnce = 16;
const tries = 12;
const retryDelay = 10_000;

/**
 * Makes a recorder. Repeated events are counted up in one object, many alike become one "(combined from similar events)", and an
 * object that is talked about too much is heard of less often; all as upstream does.
 */
export function createEventRecorder({ client, clock, random, tasks, logger, host, signal }: EventRecorderOptions): EventRecorder {
  // Most recorders are never told anything.
  let correlator: EventCorrelator | undefined;
  const correlate: EventCorrelator = (told, now) => {
    correlator ??= createEventCorrelator({ nameFor: ({ metadata }) => `${metadata.name}.${momentOf(clock.now(), random)}` });
    return correlator(told, now);
  };
  const queue: CorrelatedEvent[] = [];
  let writing = false;

  const write = async (task: Task): Promise<void> => {
    // Behind what they tell of: then there are some to write side by side, which costs a fraction of one by one.
    await sharedTurn(tasks);
    while (queue.length > 0 && !signal.aborted) await Promise.all(nextOf(queue).map((event) => writeOrDrop(event, task)));
    writing = false;
  };
  const writeOrDrop = async (event: CorrelatedEvent, task: Task): Promise<void> => {
    try {
      await writeOne(event, task);
    } catch (error) {
      if (!signal.aborted && !isNamespaceTerminating(error))
        logger.warn("Event not written", { about: event.about.metadata.name, reason: event.reason, error });
    }
  };
  const writeOne = async (event: CorrelatedEvent, task: Task): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        await task.idle(writeEvent(client, event, { host, signal }));
        return;
      } catch (error) {
        // What the server refused it refuses again; without an answer it is worth another try.
        if (error instanceof StatusError || attempt === tries || signal.aborted) throw error;
        await task.idle(sleep(clock, retryDelay * (attempt === 1 ? random.fraction() : 1), signal));
      }
    }
  };

  return {
    record(told) {
      if (signal.aborted) return;
      const event = correlate(told, clock.now());
      if (event === undefined || queue.length >= longestQueue) return;
      queue.push(event);
      if (writing) return;
      writing = true;
      tasks.start("event recorder", write);
    },
  };
}

/** Takes what can be written side by side from the front of the queue: no object twice. */
function nextOf(queue: CorrelatedEvent[]): readonly CorrelatedEvent[] {
  const next = new Map<string, CorrelatedEvent>();
  while (queue.length > 0 && next.size < mostAtOnce && !next.has(queue[0]!.name)) {
    const event = queue.shift()!;
    next.set(event.name, event);
  }
  return [...next.values()];
}

const turns = new WeakMap<Tasks, Promise<void>>();

/** The next turn of the event loop, the same for all recorders of a process: so what they write goes side by side as well. */
function sharedTurn(tasks: Tasks): Promise<void> {
  const present = turns.get(tasks);
  if (present !== undefined) return present;
  const turn = tasks.turn().then(() => void turns.delete(tasks));
  turns.set(tasks, turn);
  return turn;
}

async function writeEvent(
  client: Client,
  event: CorrelatedEvent,
  { host, signal }: { readonly host: string | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const events = client.because({ actor: event.component }).resource(EventKind).in(namespaceOf(event.about));
  if (event.count > 1) {
    const patch = { count: event.count, lastTimestamp: formatTime(event.lastSeen), message: event.message };
    try {
      await events.patch(event.name, patch, { type: "merge", signal });
      return;
    } catch (error) {
      // Events expire: what is counted up may be gone.
      if (!isStatus(error, "NotFound")) throw error;
    }
  }
  await events.create(eventObject(event, host), { signal });
}

function eventObject(event: CorrelatedEvent, host: string | undefined): DraftObject<Event> {
  const { about, type, reason, message, component, fieldPath, name, count, firstSeen, lastSeen } = event;
  const { metadata } = about;
  return {
    metadata: { name, namespace: namespaceOf(about) },
    involvedObject: {
      kind: about.kind,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      name: metadata.name,
      uid: metadata.uid,
      apiVersion: about.apiVersion,
      resourceVersion: metadata.resourceVersion,
      ...(fieldPath === undefined ? {} : { fieldPath }),
    },
    reason,
    message,
    type,
    count,
    firstTimestamp: formatTime(firstSeen),
    lastTimestamp: formatTime(lastSeen),
    source: { component, ...(host === undefined ? {} : { host }) },
    reportingComponent: component,
    reportingInstance: host ?? "",
  };
}

/** Events about objects without a namespace are kept in `default`. */
function namespaceOf({ metadata }: KubernetesObject): string {
  return metadata.namespace ?? "default";
}

/** Nanoseconds in hexadecimal, as the names of events end upstream. The clock has milliseconds: the rest is chance. */
function momentOf(now: Instant, random: Random): string {
  return (BigInt(Math.floor(now)) * 1_000_000n + BigInt(Math.floor(random.fraction() * 1_000_000))).toString(16);
}

const componentNames: Readonly<Record<string, string>> = {
  "attach-detach": "attachdetach-controller",
  endpoints: "endpoint-controller",
  endpointslice: "endpoint-slice-controller",
  "ephemeral-volume": "ephemeral_volume",
  "horizontal-pod-autoscaler": "horizontal-pod-autoscaler",
  "node-lifecycle": "node-controller",
  "persistentvolume-binder": "persistentvolume-controller",
  "persistentvolume-expander": "volume_expand",
  "taint-eviction": "taint-eviction-controller",
};

/** The component that tells the events of a controller, as upstream names it: mostly the controller's name and `-controller`. */
export function eventComponentOf(controller: string): string {
  return componentNames[controller] ?? (controller.endsWith("-controller") ? controller : `${controller}-controller`);
}
