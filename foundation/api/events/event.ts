import {
  type Column,
  type defaulted,
  defineKind,
  field,
  type FieldError,
  integer,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  type MicroTime,
  microTime,
  object,
  required,
  type Schema,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { eventColumns } from "../core/event-columns.ts";
import { type Event, EventKind, eventSource, type EventSource, validateEvent } from "../core/event.ts";
import { objectReference, type ObjectReference } from "../core/shared/object-reference.ts";
import { immutable } from "../immutable.ts";

/** Something that happened to an object, told for people. It is kept for an hour or so. */
export interface EventsV1Event extends KubernetesObject {
  readonly [defaulted]?: "regarding" | "deprecatedSource";
  readonly eventTime?: MicroTime;
  readonly series?: EventsV1EventSeries;
  readonly reportingController?: string;
  readonly reportingInstance?: string;
  readonly action?: string;
  readonly reason?: string;
  readonly regarding: ObjectReference;
  readonly related?: ObjectReference;
  readonly note?: string;
  readonly type?: string;
  readonly deprecatedSource: EventSource;
  readonly deprecatedFirstTimestamp?: Time;
  readonly deprecatedLastTimestamp?: Time;
  readonly deprecatedCount?: number;
}

/** How an event that happens again and again goes on. */
export interface EventsV1EventSeries {
  readonly count: number;
  readonly lastObservedTime: MicroTime;
}

const eventsV1EventSeries: Schema<EventsV1EventSeries> = object<EventsV1EventSeries>(
  "io.k8s.api.events.v1.EventSeries",
  "How an event that happens again and again goes on.",
  {
    count: integer({ field: 1, required: true, doc: "How often it was seen in this series." }),
    lastObservedTime: field(microTime, { field: 2, required: true, doc: "When it was last seen." }),
  },
);

const eventsV1Event: Schema<EventsV1Event> = kindObject<EventsV1Event>(
  "io.k8s.api.events.v1.Event",
  "Something that happened to an object, told for people. It is kept for an hour or so.",
  {
    eventTime: field(microTime, { field: 2, doc: "When it was first seen, to the microsecond." }),
    series: struct(eventsV1EventSeries, { field: 3, presence: "pointer", doc: "How it goes on, where it happens again and again." }),
    reportingController: text({ field: 4, doc: "The name of the controller that tells it, such as `kubernetes.io/kubelet`." }),
    reportingInstance: text({ field: 5, doc: "Which instance of the controller." }),
    action: text({ field: 6, doc: "What was done about the object, or failed." }),
    reason: text({ field: 7, doc: "Why, in one CamelCase word." }),
    regarding: struct(objectReference, { field: 8, default: {}, doc: "What it happened to." }),
    related: struct(objectReference, { field: 9, presence: "pointer", doc: "A second object that it has to do with." }),
    note: text({ field: 10, doc: "What happened, in a sentence of at most 1 kB." }),
    type: text({ field: 11, doc: "Normal or Warning." }),
    deprecatedSource: struct(eventSource, { field: 12, default: {}, doc: "The source of a core/v1 event." }),
    deprecatedFirstTimestamp: field(time, { field: 13, doc: "The firstTimestamp of a core/v1 event." }),
    deprecatedLastTimestamp: field(time, { field: 14, doc: "The lastTimestamp of a core/v1 event." }),
    deprecatedCount: integer({ field: 15, doc: "The count of a core/v1 event." }),
  },
  { requiredInDocument: ["eventTime"] },
);

export const EventsV1EventKind: Kind<EventsV1Event> = defineKind<EventsV1Event>({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  resource: "events",
  shortNames: ["ev"],
  scope: "Namespaced",
  schema: eventsV1Event,
  columns: eventColumns.map((column): Column<EventsV1Event> => ({ ...column, cell: (event, now) => column.cell(coreEventOf(event), now) })),
  selectableFields: {
    "regarding.apiVersion": ({ regarding }) => regarding.apiVersion ?? "",
    "regarding.fieldPath": ({ regarding }) => regarding.fieldPath ?? "",
    "regarding.kind": ({ regarding }) => regarding.kind ?? "",
    "regarding.name": ({ regarding }) => regarding.name ?? "",
    "regarding.namespace": ({ regarding }) => regarding.namespace ?? "",
    "regarding.resourceVersion": ({ regarding }) => regarding.resourceVersion ?? "",
    "regarding.uid": ({ regarding }) => regarding.uid ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingController: ({ reportingController }) => reportingController ?? "",
    type: ({ type }) => type ?? "",
  },
  strategy: { createOnUpdate: true, validate: validateNewEvent, validateUpdate: validateEventUpdate },
  storedAs: {
    kind: EventKind as unknown as Kind,
    toStored: coreEventOf,
    fromStored: (stored) => eventsV1EventOf(stored as Event),
  },
});

/** The event as the core group has it, which is the form that is stored. */
export function coreEventOf(event: EventsV1Event): Event {
  const { regarding, note, reportingController, reportingInstance, series } = event;
  const { deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount } = event;
  return definedOnly<Event>({
    kind: "Event",
    apiVersion: "v1",
    metadata: event.metadata,
    involvedObject: regarding,
    reason: event.reason,
    message: note,
    source: deprecatedSource,
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    count: deprecatedCount,
    type: event.type,
    eventTime: event.eventTime,
    series,
    action: event.action,
    related: event.related,
    reportingComponent: reportingController ?? "",
    reportingInstance: reportingInstance ?? "",
  });
}

/** The event as events.k8s.io has it. */
export function eventsV1EventOf(event: Event): EventsV1Event {
  return definedOnly<EventsV1Event>({
    kind: "Event",
    apiVersion: "events.k8s.io/v1",
    metadata: event.metadata,
    eventTime: event.eventTime,
    series: event.series && {
      count: event.series.count ?? 0,
      lastObservedTime: event.series.lastObservedTime ?? event.metadata.creationTimestamp,
    },
    reportingController: event.reportingComponent,
    reportingInstance: event.reportingInstance,
    action: event.action,
    reason: event.reason,
    regarding: event.involvedObject,
    related: event.related,
    note: event.message,
    type: event.type,
    deprecatedSource: event.source,
    deprecatedFirstTimestamp: event.firstTimestamp,
    deprecatedLastTimestamp: event.lastTimestamp,
    deprecatedCount: event.count,
  });
}

function definedOnly<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

function validateNewEvent(event: EventsV1Event): readonly FieldError[] {
  const { eventTime, type } = event;
  return [
    ...validateEvent(coreEventOf(event), "reportingController"),
    ...validateSeries(event.series),
    ...(eventTime === undefined ? [required("eventTime")] : []),
    ...(type === "Normal" || type === "Warning" ? [] : [invalid("type", "", `has invalid value: ${type ?? ""}`)]),
  ];
}

function validateSeries(series: EventsV1EventSeries | undefined): readonly FieldError[] {
  return series !== undefined && series.count < 2 ? [invalid("series.count", "", "should be at least 2")] : [];
}

/** Only the series of an event goes on. The names of the fields are those of the stored form. */
function validateEventUpdate(event: EventsV1Event, previous: EventsV1Event): readonly FieldError[] {
  const [now, before] = [coreEventOf(event), coreEventOf(previous)];
  const renamed = { reportingComponent: "reportingController" } as const;
  const unchanging = [
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "type",
    "eventTime",
    "action",
    "related",
    "reportingComponent",
    "reportingInstance",
  ] as const;
  return unchanging.flatMap((field) => immutable(field in renamed ? renamed.reportingComponent : field, now[field], before[field]));
}
