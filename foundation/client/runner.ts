import type { Clock, Logger, Metrics, Random, Tasks, UserInfo } from "@kubets/machinery";
import type { Client } from "./client.ts";
import type { AskContext, Caches, Controller, Measure } from "./controller.ts";
import { type ControllerLoop, startController } from "./controller-loop.ts";
import { createEventRecorder } from "./events.ts";
import type { Informers } from "./informer.ts";

/** A controller, whatever it observes: every `Controller<Observed>` is one. */
export type AnyController = Omit<Controller<never>, "ask" | "measure" | "observe"> & {
  readonly observe: (key: string, caches: Caches) => unknown;
  readonly ask?: (observed: never, client: Client, context: AskContext) => Promise<unknown>;
  readonly measure?: (metrics: Metrics) => Measure<never>;
};

export interface RunnerOptions {
  readonly controllers: readonly AnyController[];
  readonly client: Client;
  /** Shared by all who run in this process. Stopping the controllers leaves them running. */
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Whose the fields are that the controllers write; `kube-controller-manager` when absent, as upstream names all of them. */
  readonly fieldManager?: string;
}

export interface RunningControllers extends AsyncDisposable {
  /** Every object that the controllers watch is in the caches, and they work. */
  synced(signal?: AbortSignal): Promise<void>;
  /** Takes up nothing more, aborts the requests under way and resolves when all has ended. */
  stop(): Promise<void>;
}

/**
 * Runs controllers: each observes its keys in the caches whenever a change touches them, decides, and its decision is carried out.
 *
 * - A key is decided upon by one worker at a time, and never before the caches show what its last decision has written.
 * - A conflict is decided anew after a back-off of 5 ms, doubled with each failure. So is everything else that fails.
 * - What the server refused the controller may answer with other actions ({@link Controller.refused}); unless they come with a
 *   `requeueAfter`, the key is tried again after its back-off.
 * - A controller that throws is logged with its key, once until it works again or fails in another way, and hurts nobody else.
 * - Every write carries its cause: the controller, and the change or timer that led to it.
 */
export function runControllers({ controllers, fieldManager = "kube-controller-manager", ...options }: RunnerOptions): RunningControllers {
  const { client, clock, random, tasks, logger } = options;
  const stopping = new AbortController();
  const recorder = createEventRecorder({ client, clock, random, tasks, logger, signal: stopping.signal });
  const start = (controller: AnyController): ControllerLoop =>
    startController({
      ...options,
      // What it observes stays between its own functions: nobody else looks into it.
      controller: controller as unknown as Controller<unknown>,
      fieldManager,
      logger: logger.with({ controller: controller.name }),
      recorder,
      signal: stopping.signal,
    });
  const running = startAll(controllers, start, stopping);
  const stop = async (): Promise<void> => {
    stopping.abort(new Error("The controllers are stopped"));
    await Promise.all(running.map(({ ended }) => ended));
  };
  return {
    async synced(signal) {
      await Promise.all(running.map((each) => each.synced(signal)));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

export interface OwnIdentityOptions extends Omit<RunnerOptions, "client"> {
  /** A client as one of the controllers' service accounts. */
  readonly clientFor: (user: UserInfo) => Client;
  /** As whom a controller writes, by its name. */
  readonly userOf: (controller: string) => UserInfo;
}

/** Runs controllers, each as a user of its own: what one may write, another may not. Their informers are shared. */
export function runAsThemselves({ controllers, clientFor, userOf, ...options }: OwnIdentityOptions): RunningControllers {
  const running = controllers.map((controller) =>
    runControllers({ ...options, controllers: [controller], client: clientFor(userOf(controller.name)) }),
  );
  const stop = async (): Promise<void> => void (await Promise.all(running.map((each) => each.stop())));
  return {
    synced: async (signal) => void (await Promise.all(running.map((each) => each.synced(signal)))),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Starts all or none: two controllers may want different indexes of one name. */
function startAll(
  controllers: readonly AnyController[],
  start: (controller: AnyController) => ControllerLoop,
  stopping: AbortController,
): readonly ControllerLoop[] {
  try {
    return controllers.map(start);
  } catch (error) {
    stopping.abort(error);
    throw error;
  }
}
