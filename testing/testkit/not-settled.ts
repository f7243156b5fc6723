import type { PendingTask, TaskFailure } from "@kubets/machinery";

/** A cluster that didn't come to rest in time: what is still moving, and what failed on the way. */
export class NotSettledError extends Error {
  readonly pending: readonly PendingTask[];
  readonly failures: readonly TaskFailure[];

  constructor(seconds: number, pending: readonly PendingTask[], failures: readonly TaskFailure[]) {
    const moving = pending.map(({ name, count }) => `${count} × ${name}`).join(", ");
    const failed = failures.map(({ name, error }) => `\n  ${name}: ${error instanceof Error ? error.message : String(error)}`).join("");
    super(
      `The cluster did not settle within ${seconds} s. Still moving: ${moving || "nothing"}.${failed === "" ? "" : `\nFailed on the way:${failed}`}`,
    );
    this.name = "NotSettledError";
    this.pending = pending;
    this.failures = failures;
  }
}
