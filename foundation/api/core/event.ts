import {
  byteLength,
  type defaulted,
  defineKind,
  field,
  type FieldError,
  integer,
  invalid,
  isQualifiedName,
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
import { eventColumns } from "./event-columns.ts";
import { objectReference, type ObjectReference } from "./shared/object-reference.ts";

/** Something that happened to an object, told for people. It is kept for an hour or so. */
export interface Event extends KubernetesObject {
  readonly [defaulted]?: "source" | "reportingComponent" | "reportingInstance";
  readonly involvedObject: ObjectReference;
  readonly reason?: string;
  readonly message?: string;
  readonly source: EventSource;
  readonly firstTimestamp?: Time;
  readonly lastTimestamp?: Time;
  readonly count?: number;
  readonly type?: string;
  readonly eventTime?: MicroTime;
  readonly series?: EventSeries;
  readonly action?: string;
  readonly related?: ObjectReference;
  readonly reportingComponent: string;
  readonly reportingInstance: string;
}

/** How an event that happens again and again goes on. */
export interface EventSeries {
  readonly count?: number;
  readonly lastObservedTime?: MicroTime;
}

/** Who tells an event. */
export interface EventSource {
  readonly component?: string;
  readonly host?: string;
}

const eventSeries: Schema<EventSeries> = object<EventSeries>(
  "io.k8s.api.core.v1.EventSeries",
  "How an event that happens again and again goes on.",
  {
    count: integer({ field: 1, doc: "How often it was seen in this series." }),
    lastObservedTime: field(microTime, { field: 2, doc: "When it was last seen." }),
  },
);

export const eventSource: Schema<EventSource> = object<EventSource>("io.k8s.api.core.v1.EventSource", "Who tells an event.", {
  component: text({ field: 1, doc: "The component." }),
  host: text({ field: 2, doc: "The node it ran on." }),
});

const event: Schema<Event> = kindObject<Event>(
  "io.k8s.api.core.v1.Event",
  "Something that happened to an object, told for people. It is kept for an hour or so.",
  {
    involvedObject: struct(objectReference, { field: 2, required: true, doc: "What it happened to." }),
    reason: text({ field: 3, doc: "Why, in one CamelCase word." }),
    message: text({ field: 4, doc: "What happened, in a sentence." }),
    source: struct(eventSource, { field: 5, default: {}, doc: "Who tells it." }),
    firstTimestamp: field(time, { field: 6, doc: "When it was first seen." }),
    lastTimestamp: field(time, { field: 7, doc: "When it was last seen." }),
    count: integer({ field: 8, doc: "How often it was seen." }),
    type: text({ field: 9, doc: "Normal or Warning." }),
    eventTime: field(microTime, { field: 10, doc: "When it was first seen, to the microsecond." }),
    series: struct(eventSeries, { field: 11, presence: "pointer", doc: "How it goes on, where it happens again and again." }),
    action: text({ field: 12, doc: "What was done about the object." }),
    related: struct(objectReference, { field: 13, presence: "pointer", doc: "A second object that it has to do with." }),
    reportingComponent: text({ field: 14, default: "", doc: "The name of the controller that tells it, such as `kubernetes.io/kubelet`." }),
    reportingInstance: text({ field: 15, default: "", doc: "Which instance of the controller." }),
  },
  { requiredInDocument: ["metadata"] },
);

export const EventKind: Kind<Event> = defineKind<Event>({
  group: "",
  version: "v1",
  kind: "Event",
  resource: "events",
  shortNames: ["ev"],
  scope: "Namespaced",
  schema: event,
  columns: eventColumns,
  selectableFields: {
    "involvedObject.apiVersion": ({ involvedObject }) => involvedObject.apiVersion ?? "",
    "involvedObject.fieldPath": ({ involvedObject }) => involvedObject.fieldPath ?? "",
    "involvedObject.kind": ({ involvedObject }) => involvedObject.kind ?? "",
    "involvedObject.name": ({ involvedObject }) => involvedObject.name ?? "",
    "involvedObject.namespace": ({ involvedObject }) => involvedObject.namespace ?? "",
    "involvedObject.resourceVersion": ({ involvedObject }) => involvedObject.resourceVersion ?? "",
    "involvedObject.uid": ({ involvedObject }) => involvedObject.uid ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingComponent: ({ reportingComponent }) => reportingComponent,
    source: ({ source, reportingComponent }) => source.component || reportingComponent,
    type: ({ type }) => type ?? "",
  },
  strategy: { name: "pathSegment", createOnUpdate: true, validate: (event) => validateEvent(event, "reportingComponent") },
});

const longestWord = 128;
const longestMessage = 1024;

/**
 * The rules for events of both groups; `reporter` is the name that the group has for the field of the reporting component. Events
 * with an `eventTime` are of the newer form, of which more is asked.
 */
export function validateEvent(event: Event, reporter: "reportingComponent" | "reportingController"): readonly FieldError[] {
  const { metadata, eventTime, involvedObject } = event;
  const { namespace: about = "" } = involvedObject;
  const namespace = metadata.namespace ?? "";
  // Objects of cluster scope have their events in the default namespace.
  const agrees =
    about === ""
      ? namespace === "" || namespace === "default" || (eventTime !== undefined && namespace === "kube-system")
      : eventTime !== undefined || about === namespace;
  return [
    ...(agrees ? [] : [invalid("involvedObject.namespace", about, "does not match event.namespace")]),
    ...(eventTime === undefined ? [] : validateNewForm(event, reporter)),
  ];
}

function validateNewForm(event: Event, reporter: string): readonly FieldError[] {
  const { reportingComponent, reportingInstance, action = "", reason = "", message = "" } = event;
  return [
    ...(reportingComponent === "" ? [required(reporter)] : []),
    ...isQualifiedName(reportingComponent).map((problem) => invalid(reporter, reportingComponent, problem)),
    ...validateWord(reportingInstance, "reportingInstance"),
    ...validateWord(action, "action"),
    ...validateWord(reason, "reason"),
    ...(byteLength(message) > longestMessage ? [invalid("message", "", `can have at most ${longestMessage} characters`)] : []),
  ];
}

function validateWord(text: string, path: string): readonly FieldError[] {
  if (text === "") return [required(path)];
  return byteLength(text) > longestWord ? [invalid(path, "", `can have at most ${longestWord} characters`)] : [];
}
