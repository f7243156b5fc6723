import type { Clock, Logger, Tasks, Timer } from "@kubets/machinery";
import { sleep } from "@kubets/machinery";
import { isRuntimeError } from "../runtime-error.ts";
import { endContainerd, ensureContainerd, waitUntilReady } from "./containerd-process.ts";
import type { ContainerdPaths, ContainerdSetup } from "./containerd-setup.ts";
import type { ContainerRuntime } from "./cri-client.ts";
import { lostExits } from "./lost-exits.ts";
import type { ProcessIdentity } from "./processes.ts";
import { isRunning } from "./processes.ts";

export interface SupervisorOptions {
  readonly paths: ContainerdPaths;
  readonly setup: ContainerdSetup;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
}

const watchMilliseconds = 1_000;
const checkMilliseconds = 2_000;
const restartMilliseconds = [0, 1_000, 2_000, 5_000, 10_000, 30_000] as const;

/** Keeps the process running until it is told otherwise. */
export class ContainerdSupervisor {
  readonly #paths: ContainerdPaths;
  readonly #setup: ContainerdSetup;
  readonly #runtime: ContainerRuntime;
  readonly #options: SupervisorOptions;
  readonly #listeners = new Set<() => void>();
  readonly #ended = new AbortController();
  #identity: ProcessIdentity | undefined;
  #timer: Timer | undefined;
  #check: Timer | undefined;
  #restart: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#paths = options.paths;
    this.#setup = options.setup;
    this.#runtime = options.runtime;
    this.#options = options;
  }

  /** Answers whether it ran already. */
  async start(): Promise<boolean> {
    const isAdopted = await this.#launch();
    this.#watch();
    return isAdopted;
  }

  onRestart(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async stop(): Promise<void> {
    this.release();
    await this.#restart;
    if (this.#identity !== undefined) await endContainerd(this.#identity, this.#paths, this.#options);
    this.#identity = undefined;
  }

  release(): void {
    this.#ended.abort();
    this.#timer?.[Symbol.dispose]();
    this.#check?.[Symbol.dispose]();
    this.#runtime.close();
  }

  async #launch(): Promise<boolean> {
    const { clock, tasks } = this.#options;
    const onExit = (): void => this.#examine();
    const { identity, isAdopted } = await ensureContainerd(this.#paths, this.#setup, { clock, onExit });
    this.#identity = identity;
    await waitUntilReady(identity, this.#paths, { clock, tasks, isReady: () => answers(this.#runtime) });
    if (!isAdopted) {
      this.#check?.[Symbol.dispose]();
      this.#check = clock.after(checkMilliseconds, () => tasks.start("lost exits check", (task) => task.idle(this.#endIfItLostExits())));
    }
    return isAdopted;
  }

  async #endIfItLostExits(): Promise<void> {
    const { clock, tasks, logger } = this.#options;
    const { signal } = this.#ended;
    try {
      const { ctr } = this.#setup;
      const lost = await lostExits({ runtime: this.#runtime, ctr, socketPath: this.#paths.socket, clock, tasks, signal });
      if (lost.length === 0 || signal.aborted || this.#identity === undefined) return;
      logger.warn("containerd has lost the exit of containers and is started once more", { containers: lost });
      // It is started again like one that has ended by itself.
      await endContainerd(this.#identity, this.#paths, { clock });
      this.#examine();
    } catch (error) {
      if (!signal.aborted) logger.warn("containerd could not be asked for its tasks", { error });
    }
  }

  // One that was adopted is not our child: its end is not told to us.
  #watch(): void {
    this.#timer = this.#options.clock.after(watchMilliseconds, () => {
      this.#examine();
      if (!this.#ended.signal.aborted) this.#watch();
    });
  }

  #examine(): void {
    if (this.#ended.signal.aborted || this.#restart !== undefined) return;
    if (this.#identity === undefined || isRunning(this.#identity)) return;
    const { tasks } = this.#options;
    this.#restart = tasks
      .run("containerd restart", (task) => task.idle(this.#relaunch()))
      .finally(() => {
        this.#restart = undefined;
      });
  }

  async #relaunch(): Promise<void> {
    const { clock, logger } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const wait = restartMilliseconds[Math.min(attempt, restartMilliseconds.length - 1)]!;
      logger.warn("containerd has ended and is started again", { attempt, waitMilliseconds: wait });
      try {
        if (wait > 0) await sleep(clock, wait, this.#ended.signal);
        if (this.#ended.signal.aborted) return;
        await this.#launch();
        for (const listener of this.#listeners) listener();
        return;
      } catch (error) {
        if (this.#ended.signal.aborted) return;
        logger.error("containerd could not be started", { error });
      }
    }
  }
}

async function answers(runtime: ContainerRuntime): Promise<boolean> {
  try {
    await runtime.version();
    return true;
  } catch (error) {
    // It listens before its CRI is ready, and says so in words.
    if (isRuntimeError(error)) return false;
    throw error;
  }
}
