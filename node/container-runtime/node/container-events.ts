import type { DescMessage } from "@bufbuild/protobuf";
import { fromBinary } from "@bufbuild/protobuf";
import type { Clock, Logger, Tasks } from "@kubets/machinery";
import { sleep } from "@kubets/machinery";
import type { ContainerEvent } from "../container.ts";
import type { Envelope, PublishRequest, SubscribeRequest, TaskEvent, TaskExit } from "../protocol/containerd.ts";
import { eventsProtocol, taskEventsProtocol } from "../protocol/containerd.ts";
import { isRuntimeError } from "../runtime-error.ts";
import type { GrpcConnection } from "./grpc-connection.ts";

export interface ContainerEventsOptions {
  readonly connection: GrpcConnection;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** The namespace in which containerd's CRI keeps its containers. */
const criNamespace = "k8s.io";
/** Published by ourselves: what comes after it in the stream is not missed. */
const markerTopic = "/kubets/subscribed";
const markerEveryMilliseconds = 100;
const retryMilliseconds = 500;
const relistMilliseconds = 1_000;

/** The contract is {@link RuntimeService.containerEvents}: CRI's own events are missing in containerd 1.6, so its native ones are read. */
export async function* containerEvents(options: ContainerEventsOptions): AsyncGenerator<ContainerEvent> {
  const { clock, logger, signal } = options;
  let hasEvents = true;
  while (!signal.aborted) {
    try {
      if (hasEvents) yield* subscribed(options);
      else yield { type: "relist" };
    } catch (error) {
      if (signal.aborted) return;
      hasEvents = !isRuntimeError(error, "Unimplemented");
      if (hasEvents) logger.warn("Container events interrupted", { error });
      else logger.info("The runtime has no events that can be read: containers are listed instead", { error });
    }
    try {
      await sleep(clock, hasEvents ? retryMilliseconds : relistMilliseconds, signal);
    } catch {
      return;
    }
  }
}

/** One subscription, until it breaks. */
async function* subscribed({ connection, clock, tasks, signal }: ContainerEventsOptions): AsyncGenerator<ContainerEvent> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const isSubscribed = new AbortController();
  // A subscription is not acknowledged before its first event: so we publish one, until it arrives.
  const publishMarker = async (): Promise<void> => {
    const stop = AbortSignal.any([either, isSubscribed.signal]);
    const request: PublishRequest = { topic: markerTopic, event: { typeUrl: "google.protobuf.Empty", value: new Uint8Array() } };
    const headers = { "containerd-namespace": criNamespace };
    try {
      while (!stop.aborted) {
        await connection.call(eventsProtocol.method("Events", "Publish"), request, { signal: stop, headers });
        await sleep(clock, markerEveryMilliseconds, stop);
      }
    } catch (error) {
      // Answered where the subscription ends.
      if (!stop.aborted) ended.abort(error);
    }
  };
  tasks.start("container events marker", (task) => task.idle(publishMarker()));
  const request: SubscribeRequest = { filters: ['topic~="^/tasks/"', `topic=="${markerTopic}"`] };
  try {
    for await (const message of connection.subscribe(eventsProtocol.method("Events", "Subscribe"), request, { signal: either })) {
      const envelope = message as Envelope;
      if (envelope.topic === markerTopic) {
        if (isSubscribed.signal.aborted) continue;
        isSubscribed.abort();
        yield { type: "relist" };
        continue;
      }
      const event = eventOf(envelope);
      if (event !== undefined) yield event;
    }
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    ended.abort();
  }
}

/** What an event of containerd says about a container; `undefined` for those that say nothing (a command's exec, a pause). */
export function eventOf({ namespace, topic, event }: Envelope): ContainerEvent | undefined {
  if (namespace !== criNamespace || event === undefined) return undefined;
  switch (topic) {
    case "/tasks/create":
      return { type: "created", id: read<TaskEvent>("TaskEvent", event.value).containerId };
    case "/tasks/start":
      return { type: "started", id: read<TaskEvent>("TaskEvent", event.value).containerId };
    case "/tasks/oom":
      return { type: "oom", id: read<TaskEvent>("TaskEvent", event.value).containerId };
    case "/tasks/delete":
      return { type: "deleted", id: read<TaskEvent>("TaskEvent", event.value).containerId };
    case "/tasks/exit": {
      const { containerId, id, exitStatus } = read<TaskExit>("TaskExit", event.value);
      // The exit of a command in the container has an id of its own.
      return id === containerId ? { type: "exited", id, exitCode: exitStatus } : undefined;
    }
    default:
      return undefined;
  }
}

function read<Message>(name: string, value: Uint8Array): Message {
  const type: DescMessage = taskEventsProtocol.messageTypeOf(name);
  return fromBinary(type, value) as unknown as Message;
}
