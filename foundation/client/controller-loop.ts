import {
  type Clock,
  type Instant,
  isStatus,
  type Kind,
  type KubernetesObject,
  type Logger,
  type Metrics,
  type Random,
  StatusError,
  type Task,
  type Tasks,
  uuid,
} from "@kubets/machinery";
import { untilAborted } from "./abort-scope.ts";
import { type ActionContext, carryOut, type Outcome, subjectOf } from "./actions.ts";
import { askedFor } from "./back-off.ts";
import type { ClaimedCause } from "./cause-header.ts";
import type { Client } from "./client.ts";
import type { Action, Caches, Controller, Decision, Watch } from "./controller.ts";
import { eventComponentOf, type EventRecorder } from "./events.ts";
import type { Informer, Informers, ObjectChange } from "./informer.ts";
import { isNamespaceTerminating } from "./namespace-terminating.ts";
import { followDeclared } from "./declared-kinds.ts";
import { createOwnWrites } from "./own-writes.ts";
import { createWorkQueue, type Work } from "./workqueue.ts";

export interface ControllerLoopOptions<Observed> {
  readonly controller: Controller<Observed>;
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly fieldManager: string;
  readonly recorder: EventRecorder;
  readonly signal: AbortSignal;
}

export interface ControllerLoop {
  synced(signal?: AbortSignal): Promise<void>;
  /** Resolves when the signal was aborted and no pass is under way. */
  readonly ended: Promise<void>;
}

/** As many keys are worked on at once as upstream's controllers do. */
const defaultWorkers = 5;

/** Starts one controller; it ends with `signal`. See `runControllers`. */
export function startController<Observed>(options: ControllerLoopOptions<Observed>): ControllerLoop {
  const { controller, client, informers, clock, random, tasks, logger, metrics, fieldManager, recorder, signal } = options;
  const queue = createWorkQueue<string>({ name: controller.name, clock, tasks, metrics });
  const watched = watchedInformers(controller, informers);
  const informerOf = (kind: Kind): Informer<KubernetesObject> | undefined => watched.get(idOf(kind));
  const caches = cachesOf(controller.name, informerOf);
  const ownWrites = createOwnWrites({ informerOf, clock, logger });
  const failures = createFailureLog(logger);
  const component = eventComponentOf(controller.name);
  const measure = controller.measure?.(metrics);
  // What made a key need work: the last change that touched it, else the timer that ran out.
  const changes = new Map<string, ClaimedCause>();
  const timers = new Map<string, string>();

  const later = (key: string, timer: string, milliseconds: number): void => {
    timers.set(key, timer);
    queue.addAfter(key, milliseconds);
  };
  const again = (key: string, cause: ClaimedCause, error?: unknown): void => {
    // The next try is still because of what led to this one, unless something newer does.
    if (cause.timer === undefined && !changes.has(key)) changes.set(key, cause);
    else timers.set(key, "retry");
    queue.addAfterFailure(key, { atLeast: askedFor(error) });
  };
  const causeOf = (key: string): ClaimedCause => {
    const cause = changes.get(key) ?? { timer: timers.get(key) ?? "resync" };
    changes.delete(key);
    timers.delete(key);
    return cause;
  };

  const onChange = (watch: Watch, change: ObjectChange<KubernetesObject>): void => {
    ownWrites.changed(watch.kind, change);
    let cause: ClaimedCause | undefined;
    for (const key of watch.keys(change, caches, clock.now())) {
      // Most changes touch no key of most controllers.
      cause ??= causedBy(watch.kind, change);
      changes.set(key, cause);
      queue.add(key);
    }
  };

  // Counted, unlike requests it is nobody else's task; and answered as a request would be, so that the controller can say what follows.
  const counted: ActionContext["counted"] = async (name, work) => {
    try {
      return await tasks.run(`${controller.name}: ${name}`, work);
    } catch (error) {
      throw error instanceof StatusError
        ? error
        : new StatusError(500, "InternalError", error instanceof Error ? error.message : String(error), { cause: error });
    }
  };
  const reachOutside: ActionContext["outside"] = (deed, subject) =>
    counted(deed, async () => {
      const { outside } = controller;
      if (outside === undefined) throw new Error(`Cannot ${deed} ${subject}: the controller reaches nothing outside of the API`);
      await outside(deed, subject, signal);
    });

  const pass = async (work: Work<string>): Promise<void> => {
    const { key } = work;
    // What follows decides anew when to look again.
    queue.cancelDelay(key);
    if (!ownWrites.shows(key, () => queue.add(key))) return;
    const cause = causeOf(key);
    const began = clock.monotonic();
    let observed: Observed;
    let decision: Decision;
    let now: Instant;
    try {
      const seen = controller.observe(key, caches);
      if (seen === undefined) {
        measure?.gone?.(key);
        return finished(key);
      }
      const context = { now: clock.now(), monotonic: () => clock.monotonic(), signal };
      observed = controller.ask === undefined ? seen : await work.idle(controller.ask(seen, client, context));
      if (signal.aborted) return;
      now = clock.now();
      decision = controller.reconcile(observed, now, { random });
    } catch (error) {
      if (signal.aborted) return;
      failures.log("error", "Controller failed", { key, error });
      return again(key, cause);
    }
    const act = async ({ actions }: Decision): Promise<Outcome> => {
      if (actions.length === 0) return { writes: [] };
      const because = client.because({ ...cause, actor: controller.name, trace: uuid(random).replaceAll("-", "") });
      const outcome = await work.idle(
        carryOut(actions, { client: because, fieldManager, signal, recorder, component, outside: reachOutside, counted }),
      );
      ownWrites.remember(key, outcome.writes);
      return outcome;
    };
    const { stopped } = await act(decision);
    if (signal.aborted) return;
    measure?.passed({ observed, decision, now, seconds: (clock.monotonic() - began) / 1000, ...(stopped && { error: stopped.error }) });
    if (stopped === undefined) return finished(key, decision);
    const { action, error } = stopped;
    if (isStatus(error, "Conflict")) {
      logger.debug("Conflict: deciding anew", { key, action: action.verb, object: subjectOf(action) });
      return again(key, cause);
    }
    if (isNamespaceTerminating(error)) return finished(key);
    const instead = error instanceof StatusError ? refusedBy(key, observed, action, error) : undefined;
    if (instead === undefined) {
      failures.log("warn", "Action failed", { key, action: action.verb, object: subjectOf(action), error });
      return again(key, cause, error);
    }
    const outcome = await act(instead);
    if (signal.aborted) return;
    if (outcome.stopped === undefined && instead.requeueAfter !== undefined) return later(key, "requeue", instead.requeueAfter);
    again(key, cause, error);
  };

  const refusedBy = (key: string, observed: Observed, action: Action, error: StatusError): Decision | undefined => {
    try {
      return controller.refused?.(observed, action, error, clock.now());
    } catch (thrown) {
      failures.log("error", "Controller failed", { key, error: thrown });
      return undefined;
    }
  };

  const finished = (key: string, { requeueAfter }: Partial<Decision> = {}): void => {
    queue.forget(key);
    failures.forget(key);
    if (requeueAfter !== undefined) later(key, "requeue", requeueAfter);
  };

  const resync = (period: number): void => {
    const timer = clock.after(period, () => {
      signal.removeEventListener("abort", stop);
      for (const watch of controller.watches) {
        for (const object of informerOf(watch.kind)!.list()) for (const key of watch.keys({ object }, caches, clock.now())) queue.add(key);
      }
      resync(period);
    });
    const stop = (): void => timer[Symbol.dispose]();
    signal.addEventListener("abort", stop, { once: true });
  };

  const subscribe = (watch: Watch): Disposable =>
    informerOf(watch.kind)!.onChange((change) => {
      try {
        onChange(watch, change);
      } catch (error) {
        logger.error("Controller failed to say which keys a change touches", { resource: watch.kind.resource, object: change.key, error });
      }
    });
  const synced = async (until?: AbortSignal): Promise<void> => {
    await untilAborted(Promise.all([...watched.values()].map((informer) => informer.synced())), until);
  };
  const run = async (task: Task): Promise<void> => {
    await task.idle(synced(signal));
    // Not before: which keys a change touches may depend on objects of another kind.
    using subscriptions = new DisposableStack();
    for (const watch of controller.watches) subscriptions.use(subscribe(watch));
    if (controller.declaredKinds !== undefined)
      subscriptions.use(
        followDeclared(controller.declaredKinds, { watched, informers, tasks, subscribe, caches, enqueue: (key) => queue.add(key) }),
      );
    if (controller.resyncPeriod !== undefined) resync(controller.resyncPeriod);
    // Whatever a worker does is counted with the key that it works on.
    await task.idle(queue.serve(controller.workers ?? defaultWorkers, pass));
  };
  const onAbort = (): void => {
    queue.shutDown();
    ownWrites.stop();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  const ended = tasks.run(`${controller.name} controller`, async (task) => {
    try {
      await run(task);
    } catch (error) {
      if (!signal.aborted) logger.error("Controller ended", { error });
    }
  });
  return { synced, ended };
}

function causedBy(kind: Kind, { key, object, previous }: ObjectChange<KubernetesObject>): ClaimedCause {
  return { revision: Number((object ?? previous)!.metadata.resourceVersion), object: `${kind.resource}/${key}` };
}

const ids = new WeakMap<Kind, string>();

/** Asked for with every look into a cache. */
function idOf(kind: Kind): string {
  let id = ids.get(kind);
  if (id === undefined) ids.set(kind, (id = `${kind.group}/${kind.version}/${kind.resource}`));
  return id;
}

function watchedInformers(
  { watches, declaredKinds }: Pick<Controller<never>, "declaredKinds" | "watches">,
  informers: Informers,
): Map<string, Informer<KubernetesObject>> {
  const watched = new Map<string, Informer<KubernetesObject>>();
  for (const { kind, indexes } of watches) {
    const informer = informers.of(kind);
    for (const [name, index] of Object.entries(indexes)) informer.addIndex(name, index);
    watched.set(idOf(kind), informer);
  }
  if (declaredKinds !== undefined) watched.set(idOf(declaredKinds.by), informers.of(declaredKinds.by));
  return watched;
}

function cachesOf(controller: string, informerOf: (kind: Kind) => Informer<KubernetesObject> | undefined): Caches {
  return {
    find<T extends KubernetesObject>(kind: Kind<T>) {
      const informer = informerOf(kind as unknown as Kind) as unknown as Informer<T> | undefined;
      return informer?.isSynced === true ? informer : undefined;
    },
    of<T extends KubernetesObject>(kind: Kind<T>) {
      const informer = informerOf(kind as unknown as Kind) as unknown as Informer<T> | undefined;
      if (informer === undefined) throw new Error(`Cannot read ${kind.resource}: the controller ${controller} does not watch them`);
      return informer;
    },
  };
}

interface Failure {
  readonly key: string;
  readonly error: unknown;
  readonly [more: string]: unknown;
}

interface FailureLog {
  /** Logs a failure of a key; only for whoever debugs, when it is the one that was logged last. */
  log(level: "warn" | "error", sentence: string, failure: Failure): void;
  forget(key: string): void;
}

function createFailureLog(logger: Logger): FailureLog {
  const last = new Map<string, string>();
  return {
    log(level, sentence, failure) {
      const { key, error } = failure;
      const text = `${sentence}: ${error instanceof Error ? error.message : String(error)}`;
      if (last.get(key) === text) return logger.debug(sentence, failure);
      last.set(key, text);
      logger[level](sentence, failure);
    },
    forget(key) {
      last.delete(key);
    },
  };
}
