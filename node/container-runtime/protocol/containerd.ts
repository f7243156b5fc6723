import type { Protocol, Read, Write } from "./messages.ts";
import { protocol } from "./messages.ts";

/** The part of containerd's own event service that kubets speaks, with the two well-known messages in it. */
const messages = {
  SubscribeRequest: { filters: [1, "string", "repeated"] },
  PublishRequest: { topic: [1, "string"], event: [2, "Any"] },
  Empty: {},
  Envelope: { namespace: [2, "string"], topic: [3, "string"], event: [4, "Any"] },
  Any: { typeUrl: [1, "string"], value: [2, "bytes"] },
} as const;

const events = {
  Subscribe: ["SubscribeRequest", "Envelope", "stream"],
  Publish: ["PublishRequest", "Empty"],
} as const;

/** Of the package `containerd.events`: what a task event says. They differ only in what is absent. */
const taskEvents = {
  TaskEvent: { containerId: [1, "string"] },
  TaskExit: { containerId: [1, "string"], id: [2, "string"], exitStatus: [4, "uint32"] },
} as const;

type EventMessages = typeof messages;
type TaskEvents = typeof taskEvents;

export type Envelope = Read<EventMessages, "Envelope">;
export type SubscribeRequest = Write<EventMessages, "SubscribeRequest">;
export type PublishRequest = Write<EventMessages, "PublishRequest">;
export type TaskEvent = Read<TaskEvents, "TaskEvent">;
export type TaskExit = Read<TaskEvents, "TaskExit">;

export const eventsProtocol: Protocol = protocol("containerd.services.events.v1", { messages, services: { Events: events } });
export const taskEventsProtocol: Protocol = protocol("containerd.events", { messages: taskEvents, services: {} });
