import { type Event, EventKind, kinds } from "@kubets/api";
import type { Client } from "@kubets/client";
import {
  formatDuration,
  groupResourceOf,
  type Instant,
  isStatus,
  type Kind,
  type KubernetesObject,
  parseTime,
  sameJson,
} from "@kubets/machinery";
import type { Revision, Store, StoreEvent } from "@kubets/store";
import { causeOf, describeEvent, keyOf, reasonOf, revisionOf, writerOf, writesSince } from "./recent-writes.ts";

export interface ExplainOptions {
  readonly namespace: string;
  readonly store: Store;
  readonly client: Client;
  readonly now: Instant;
}

/** The account that `Cluster.explain` gives. Throws for a kind that isn't served, and for an object of which nothing is known. */
export async function explain(text: string, { namespace, store, client, now }: ExplainOptions): Promise<string> {
  const { kind, name } = parseReference(text);
  const place = kind.scope === "Cluster" ? "" : namespace;
  const key = `/registry/${groupResourceOf(kind)}/${place === "" ? name : `${place}/${name}`}`;
  const resource = place === "" ? client.resource(kind) : client.resource(kind).in(place);
  const object = await resource.get(name).catch((error: unknown) => {
    if (isStatus(error, "NotFound")) return undefined;
    throw error;
  });
  const revisions = (await writesSince(store, key, 0 as Revision)).filter((event) => keyOf(event) === key);
  if (object === undefined && revisions.length === 0)
    throw new Error(`Cannot explain ${kind.kind} "${name}"${place === "" ? "" : ` in ${place}`}: there is none, nor was there one`);
  const events = (await client.resource(EventKind).list(place === "" ? {} : { fieldSelector: `metadata.namespace=${place}` })).items.filter(
    ({ involvedObject }) => involvedObject.kind === kind.kind && involvedObject.name === name,
  );
  return [
    `${kind.kind} ${place === "" ? name : `${place}/${name}`}: ${object === undefined ? "deleted" : stateOf(object, now)}`,
    ...section("Held up by", object === undefined ? [] : obstaclesOf(object)),
    ...section("Revisions", describeRevisions(revisions)),
    ...section("Events", events.map(lineOf)),
  ].join("\n");
}

/** `deployment/web`, `deploy/web`, `deployments.apps/web`. */
function parseReference(text: string): { readonly kind: Kind; readonly name: string } {
  const [type = "", name = "", ...more] = text.split("/");
  if (name === "" || more.length > 0) throw new TypeError(`Cannot explain "${text}": expected a kind and a name, such as deployment/web`);
  const wanted = type.toLowerCase();
  const found = kinds.find((kind) =>
    [kind.singular, kind.resource, kind.kind.toLowerCase(), groupResourceOf(kind), ...kind.shortNames].includes(wanted),
  );
  if (found === undefined) throw new TypeError(`Cannot explain "${text}": this cluster serves no ${type}`);
  return { kind: found as unknown as Kind, name };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerState {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: Readonly<
    Record<string, { readonly reason?: string; readonly message?: string; readonly exitCode?: number } | undefined>
  >;
}

/** The parts of a status that say of themselves what they mean, whatever the kind. */
interface Telling {
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly conditions?: readonly Condition[];
  readonly initContainerStatuses?: readonly ContainerState[];
  readonly containerStatuses?: readonly ContainerState[];
}

const statusOf = (object: KubernetesObject): Telling => (object as { readonly status?: Telling }).status ?? {};

function stateOf(object: KubernetesObject, now: Instant): string {
  const { creationTimestamp, deletionTimestamp, finalizers = [], ownerReferences = [] } = object.metadata;
  const since = creationTimestamp === undefined ? undefined : parseTime(creationTimestamp);
  const { phase } = statusOf(object);
  return [
    ...(phase === undefined ? [] : [phase]),
    ...(since === undefined ? [] : [`${formatDuration(BigInt(Math.max(0, Math.floor((now - since) / 1000))) * 1_000_000_000n)} old`]),
    ...ownerReferences.map(({ kind, name }) => `made for ${kind} ${name}`),
    ...(deletionTimestamp === undefined ? [] : [`being deleted since ${deletionTimestamp}`]),
    ...(deletionTimestamp === undefined || finalizers.length === 0 ? [] : [`waiting for the finalizers ${finalizers.join(", ")}`]),
  ].join(", ");
}

/** What the status itself says isn't as it should be. */
function obstaclesOf(object: KubernetesObject): readonly string[] {
  const { reason, message, conditions = [], initContainerStatuses = [], containerStatuses = [] } = statusOf(object);
  return [
    ...(reason === undefined ? [] : [sentence(reason, message)]),
    ...conditions
      .filter(({ type, status }) => (isAlarm(type) ? status === "True" : status !== "True"))
      .map((condition) =>
        sentence(`${condition.type} is ${condition.status}: ${condition.reason ?? "no reason given"}`, condition.message),
      ),
    ...[...initContainerStatuses, ...containerStatuses].flatMap(({ name, state = {}, restartCount = 0 }) => {
      const found = state["waiting"] ?? (state["terminated"]?.exitCode === 0 ? undefined : state["terminated"]);
      if (found === undefined) return [];
      const exit = found.exitCode === undefined ? "" : ` with exit code ${found.exitCode}`;
      return [sentence(`container ${name}: ${found.reason ?? ""}${exit} after ${restartCount} restarts`, found.message)];
    }),
  ];
}

/** Conditions that are good news when they are False. */
function isAlarm(type: string): boolean {
  return /Pressure$|Unavailable$|Failure$|^Failed$|^Suspended$|^DisruptionTarget$|^PodResize/.test(type);
}

function sentence(head: string, message: string | undefined): string {
  return message === undefined || message === "" ? head : `${head}: ${message}`;
}

const decoder = new TextDecoder();

function describeRevisions(events: readonly StoreEvent[]): readonly string[] {
  return events.map((event) => {
    const cause = causeOf(event);
    const because = reasonOf(cause);
    return `${revisionOf(event)}  ${whatHappened(event)} by ${writerOf(cause)}${because === undefined ? "" : ` because of ${because}`}`;
  });
}

function whatHappened(event: StoreEvent): string {
  if (event.type === "delete") return "removed";
  if (event.previous === undefined) return "created";
  const [before, after] = [event.previous, event.entry.value].map((bytes) => JSON.parse(decoder.decode(bytes)) as unknown);
  const changed = changedPaths(before, after).filter(
    (path) => !path.startsWith("metadata.managedFields") && path !== "metadata.generation",
  );
  const shown = changed.slice(0, 6).join(", ");
  return changed.length > 6 ? `${shown} and ${changed.length - 6} more changed` : `${shown || "nothing but bookkeeping"} changed`;
}

/** The places at which two JSON values differ, as deep as objects go; a list that differs is one place. */
export function changedPaths(before: unknown, after: unknown, path = ""): readonly string[] {
  if (sameJson(before, after)) return [];
  if (!isPlain(before) || !isPlain(after)) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => changedPaths(before[key], after[key], path === "" ? key : `${path}.${key}`));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function lineOf(event: Event): string {
  const from = event.source?.component ?? event.reportingComponent ?? "";
  return from === "" ? describeEvent(event) : `${describeEvent(event)} (${from})`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}
