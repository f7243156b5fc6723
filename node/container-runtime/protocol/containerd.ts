import type { Protocol, Read, Write } from "./messages.ts";
import { protocol } from "./messages.ts";

/** The part of containerd's own services that kubets speaks: events, with the two well-known messages in them, and snapshots. */
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

const snapshotMessages = {
  ViewSnapshotRequest: { snapshotter: [1, "string"], key: [2, "string"], parent: [3, "string"], labels: [4, "map"] },
  MountsRequest: { snapshotter: [1, "string"], key: [2, "string"] },
  /** Of a view as well. */
  MountsResponse: { mounts: [1, "Mount", "repeated"] },
  Mount: { type: [1, "string"], source: [2, "string"], target: [3, "string"], options: [4, "string", "repeated"] },
  RemoveSnapshotRequest: { snapshotter: [1, "string"], key: [2, "string"] },
  Empty: {},
  ListSnapshotsRequest: { snapshotter: [1, "string"], filters: [2, "string", "repeated"] },
  ListSnapshotsResponse: { info: [1, "Info", "repeated"] },
  Info: { name: [1, "string"] },
} as const;

const snapshots = {
  View: ["ViewSnapshotRequest", "MountsResponse"],
  Mounts: ["MountsRequest", "MountsResponse"],
  Remove: ["RemoveSnapshotRequest", "Empty"],
  List: ["ListSnapshotsRequest", "ListSnapshotsResponse", "stream"],
} as const;

type EventMessages = typeof messages;
type TaskEvents = typeof taskEvents;
type SnapshotMessages = typeof snapshotMessages;

export type Envelope = Read<EventMessages, "Envelope">;
export type SubscribeRequest = Write<EventMessages, "SubscribeRequest">;
export type PublishRequest = Write<EventMessages, "PublishRequest">;
export type TaskEvent = Read<TaskEvents, "TaskEvent">;
export type TaskExit = Read<TaskEvents, "TaskExit">;
export type SnapshotRequest<Name extends "ViewSnapshotRequest" | "MountsRequest" | "RemoveSnapshotRequest" | "ListSnapshotsRequest"> =
  Write<SnapshotMessages, Name>;
export type SnapshotMounts = Read<SnapshotMessages, "MountsResponse">;
export type SnapshotMount = Read<SnapshotMessages, "Mount">;
export type SnapshotList = Read<SnapshotMessages, "ListSnapshotsResponse">;

export const eventsProtocol: Protocol = protocol("containerd.services.events.v1", { messages, services: { Events: events } });
export const taskEventsProtocol: Protocol = protocol("containerd.events", { messages: taskEvents, services: {} });
export const snapshotsProtocol: Protocol = protocol("containerd.services.snapshots.v1", {
  messages: snapshotMessages,
  services: { Snapshots: snapshots },
});
