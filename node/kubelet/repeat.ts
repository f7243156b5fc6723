import { type Clock, type Logger, sleep, type Task, type Tasks } from "@kubets/machinery";

export interface RepeatOptions {
  /** Of the task. */
  readonly name: string;
  /** Milliseconds from the end of one time to the beginning of the next; the first time comes after this as well. */
  readonly interval: number;
  /** What is logged of a time that fails; the next one comes all the same. */
  readonly failure: string;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Does something again and again, until `signal` ends it. */
export function repeat(work: () => Promise<void> | void, { name, interval, failure, clock, tasks, logger, signal }: RepeatOptions): void {
  tasks.start(name, async (task: Task) => {
    for (;;) {
      await task.idle(sleep(clock, interval, signal)).catch(() => {});
      if (signal.aborted) return;
      try {
        await work();
      } catch (error) {
        if (!signal.aborted) logger.warn(failure, { name, error });
      }
    }
  });
}
