import { conflict, isStatus, type Kind, type KubernetesObject } from "@kubets/machinery";
import type { Client, ResourceClient } from "./client.ts";
import { type Action, objectKey } from "./controller.ts";
import type { EventRecorder } from "./events.ts";
import type { ObjectKey } from "./informer.ts";

/** What a write left behind: what a cache must show before it can be decided upon again. */
export type Written =
  | { readonly kind: Kind; readonly is: "written"; readonly revision: number }
  | { readonly kind: Kind; readonly is: "deleted"; readonly key: ObjectKey; readonly uid: string };

export interface Outcome {
  readonly writes: readonly Written[];
  /** The first action that was not carried out, and why. What stands after it was not tried. */
  readonly stopped?: { readonly action: Action; readonly error: unknown };
}

export interface ActionContext {
  readonly client: Client;
  readonly fieldManager: string;
  readonly signal: AbortSignal;
  readonly recorder: EventRecorder;
  /** Who tells the events. */
  readonly component: string;
  /** Carries out what reaches outside of the API. */
  readonly outside: (deed: string, subject: string) => Promise<void>;
  /** Counts work that isn't all done by requests, and turns what it throws into a `StatusError`. */
  readonly counted: <Value>(name: string, work: () => Promise<Value>) => Promise<Value>;
}

/** How many neighbouring creations, or deletions, are under way at once at most. */
const mostAtOnce = 16;

/**
 * Carries out actions in order. Neighbours that create objects of one kind, or that delete, run together: first one, and as long as all go well
 * twice as many each time. So a server that refuses them all is asked once, not a thousand times. Events go with the action
 * before them: they are told when it was carried out, and don't part neighbours.
 */
export async function carryOut(actions: readonly Action[], context: ActionContext): Promise<Outcome> {
  const writes: Written[] = [];
  const steps = stepsOf(actions);
  let atOnce = 1;
  for (let next = 0; next < steps.length;) {
    const { verb } = steps[next]!.action;
    const together = neighbours(steps, next, atOnce);
    const progress = together.map(({ action }): Progress => ({ action, writes: [] }));
    const results = await Promise.allSettled(together.map((step, index) => carryOutStep(step, context, progress[index]!)));
    for (const each of progress) writes.push(...each.writes);
    const failure = results.findIndex(({ status }) => status === "rejected");
    if (failure >= 0)
      return { writes, stopped: { action: progress[failure]!.action, error: (results[failure] as PromiseRejectedResult).reason } };
    next += together.length;
    atOnce = verb === steps[next]?.action.verb ? Math.min(atOnce * 2, mostAtOnce) : 1;
  }
  return { writes };
}

type EventAction = Action & { readonly verb: "event" };

/** An action, and the events that tell of it. */
interface Step {
  readonly action: Action;
  readonly events: readonly EventAction[];
}

function stepsOf(actions: readonly Action[]): readonly Step[] {
  const steps: { action: Action; events: EventAction[] }[] = [];
  for (const action of actions) {
    const last = steps.at(-1);
    if (action.verb === "event" && last !== undefined) last.events.push(action);
    else steps.push({ action, events: [] });
  }
  return steps;
}

function neighbours(steps: readonly Step[], from: number, atMost: number): readonly Step[] {
  const first = steps[from]!.action;
  if (first.verb !== "create" && first.verb !== "delete" && first.verb !== "confirmEmpty") return [steps[from]!];
  let end = from + 1;
  while (end < steps.length && end - from < atMost && goTogether(first, steps[end]!.action)) end++;
  return steps.slice(from, end);
}

/** A new object may need one of another kind that was created before it, as a Pod does its claims. */
function goTogether(first: Action, other: Action): boolean {
  return other.verb === first.verb && !(first.verb === "create" && other.verb === "create" && other.kind !== first.kind);
}

/** How far a step has come: the action that it is at, and what was written. */
interface Progress {
  action: Action;
  readonly writes: Written[];
}

async function carryOutStep({ action, events }: Step, context: ActionContext, progress: Progress): Promise<void> {
  const written = await carryOutOne(action, context, progress);
  if (written !== undefined) progress.writes.push(written);
  for (const event of events) await carryOutOne(event, context, progress);
}

async function carryOutOne(action: Action, context: ActionContext, progress: Progress): Promise<Written | undefined> {
  const { client, fieldManager, signal, recorder, component } = context;
  const options = { fieldManager, signal };
  switch (action.verb) {
    case "create":
      return createOne(action, context, progress);
    case "update":
      return writtenBy(action.kind, await resourceOf(client, action.kind, action.object.metadata.namespace).update(action.object, options));
    case "updateStatus":
      return writtenBy(
        action.kind,
        await resourceOf(client, action.kind, action.object.metadata.namespace).updateStatus(action.object, options),
      );
    case "patch": {
      const { kind, namespace, name, patch, type, subresource } = action;
      const patched = await resourceOf(client, kind, namespace).patch(name, patch, {
        ...options,
        type,
        ...(subresource === undefined ? {} : { subresource }),
        // A controller is the one authority over the fields that it applies.
        ...(type === "apply" ? { force: true } : {}),
      });
      return writtenBy(kind, patched);
    }
    case "delete":
      return deleteOne(action, context);
    case "subresource": {
      const { kind, namespace, name, subresource, method = "create", body } = action;
      return writtenBy(kind, await resourceOf(client, kind, namespace).subresource(name, subresource)[method](body, options));
    }
    case "confirmGone":
      return confirmGone(action, context);
    case "confirmEmpty":
      return confirmEmpty(action, context);
    case "outside":
      await context.outside(action.deed, action.subject);
      return undefined;
    case "ask": {
      const { question, subject } = action;
      const following = await context.counted(`question about ${subject}`, () => question({ client, signal }));
      return following === undefined ? undefined : carryOutOne(following, context, progress);
    }
    case "event": {
      const { about, type, reason, message, fieldPath } = action;
      recorder.record({ about, type, reason, message, component, ...(fieldPath === undefined ? {} : { fieldPath }) });
      return undefined;
    }
  }
}

async function createOne(
  { kind, object, followedBy }: Action & { readonly verb: "create" },
  context: ActionContext,
  progress: Progress,
): Promise<Written | undefined> {
  const { client, fieldManager, signal } = context;
  const resource = resourceOf(client, kind, object.metadata.namespace);
  let created: KubernetesObject;
  try {
    created = await resource.create(object, { fieldManager, signal });
  } catch (error) {
    const { name } = object.metadata;
    if (!isStatus(error, "AlreadyExists") || name === undefined) throw error;
    created = await resource.get(name, { signal });
    // It was created before and the cache doesn't show it yet, or the answer to the creation was lost; unless it is somebody else's.
    if (controllerOf(created) !== controllerOf(object)) throw error;
  }
  const written = writtenBy(kind, created);
  if (followedBy === undefined) return written;
  if (written !== undefined) progress.writes.push(written);
  progress.action = followedBy(created);
  return carryOutOne(progress.action, context, progress);
}

async function deleteOne(
  { kind, namespace, name, options }: Action & { readonly verb: "delete" },
  { client, signal }: ActionContext,
): Promise<Written | undefined> {
  const key = namespace === undefined ? name : `${namespace}/${name}`;
  const uid = options?.preconditions?.uid;
  try {
    const answer = await resourceOf(client, kind, namespace).delete(name, { ...options, signal });
    const deleted = uid ?? ("uid" in answer.metadata ? answer.metadata.uid : "details" in answer ? answer.details?.uid : undefined);
    return deleted === undefined ? undefined : { kind, is: "deleted", key, uid: deleted };
  } catch (error) {
    // A conflict over the uid: the object that was meant is gone, and another has its name.
    const isGone =
      isStatus(error, "NotFound") ||
      (isStatus(error, "Conflict") && uid !== undefined && options?.preconditions?.resourceVersion === undefined);
    if (!isGone) throw error;
    return uid === undefined ? undefined : { kind, is: "deleted", key, uid };
  }
}

async function confirmGone(
  { kind, namespace, name, uid }: Action & { readonly verb: "confirmGone" },
  { client, signal }: ActionContext,
): Promise<undefined> {
  try {
    const { metadata } = await resourceOf(client, kind, namespace).get(name, { signal });
    if (uid !== undefined && metadata.uid !== uid) return undefined;
  } catch (error) {
    if (isStatus(error, "NotFound")) return undefined;
    throw error;
  }
  throw conflict(kind, name, "it is still there, or there again");
}

async function confirmEmpty(
  { kind, namespace, where }: Action & { readonly verb: "confirmEmpty" },
  { client, signal }: ActionContext,
): Promise<undefined> {
  const { items } = await resourceOf(client, kind, namespace).list({ ...(where === undefined ? { limit: 1 } : {}), signal });
  const left = where === undefined ? items[0] : items.find(where);
  if (left !== undefined) throw conflict(kind, left.metadata.name, `it is still in the namespace ${namespace}`);
}

function resourceOf(client: Client, kind: Kind, namespace: string | undefined): ResourceClient<KubernetesObject> {
  const resource = client.resource(kind);
  return namespace === undefined || kind.scope === "Cluster" ? resource : resource.in(namespace);
}

function writtenBy(kind: Kind, answer: unknown): Written | undefined {
  const { resourceVersion } = (answer as Partial<KubernetesObject>).metadata ?? {};
  const revision = Number(resourceVersion);
  return resourceVersion === undefined || !Number.isSafeInteger(revision) ? undefined : { kind, is: "written", revision };
}

function controllerOf({ metadata }: { readonly metadata: Pick<KubernetesObject["metadata"], "ownerReferences"> }): string | undefined {
  return metadata.ownerReferences?.find((reference) => reference.controller === true)?.uid;
}

/** The key of the object that an action is about, for logs. */
export function subjectOf(action: Action): string {
  switch (action.verb) {
    case "create": {
      const { namespace, name, generateName = "" } = action.object.metadata;
      return namespace === undefined ? (name ?? generateName) : `${namespace}/${name ?? generateName}`;
    }
    case "update":
    case "updateStatus":
      return objectKey(action.object);
    case "event":
      return objectKey(action.about);
    case "confirmEmpty":
      return action.namespace;
    case "ask":
    case "outside":
      return action.subject;
    case "confirmGone":
    case "patch":
    case "delete":
    case "subresource":
      return action.namespace === undefined ? action.name : `${action.namespace}/${action.name}`;
  }
}
