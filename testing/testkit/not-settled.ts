import type { PendingTask, TaskFailure } from "@kubets/machinery";

/** What was going on in a cluster that should have been at rest. */
export interface Unrest {
  readonly pending: readonly PendingTask[];
  readonly failures: readonly TaskFailure[];
  /** Objects that were written over and over meanwhile, the most often first: whoever writes them never rests. */
  readonly busiest: readonly WrittenOften[];
  /** The last Events, as kubectl would show them, oldest first. */
  readonly events: readonly string[];
}

export interface WrittenOften {
  /** Such as `deployments.apps/default/web`. */
  readonly object: string;
  readonly times: number;
  /** Who wrote it most often last: the part of the cluster, or the user. */
  readonly by: string;
  /** The change that led to the last write, as far as it is known. */
  readonly because?: string;
}

/** A cluster that didn't come to rest in time, or should have been at rest: what is still moving, and what failed on the way. */
export class NotSettledError extends Error {
  readonly pending: readonly PendingTask[];
  readonly failures: readonly TaskFailure[];
  readonly busiest: readonly WrittenOften[];
  readonly events: readonly string[];

  constructor(problem: string, { pending, failures, busiest, events }: Unrest) {
    const moving = pending.map(({ name, count }) => `${count} × ${name}`).join(", ");
    const written = busiest.map(
      ({ object, times, by, because }) => `${object}, ${times} times, by ${by}${because === undefined ? "" : ` because of ${because}`}`,
    );
    super(
      [
        `${problem}. Still moving: ${moving || "nothing"}.`,
        ...section("Written again and again:", written),
        ...section(
          "Failed on the way:",
          failures.map(({ name, error }) => `${name}: ${error instanceof Error ? error.message : String(error)}`),
        ),
        ...section("Last Events:", events),
      ].join("\n"),
    );
    this.name = "NotSettledError";
    this.pending = pending;
    this.failures = failures;
    this.busiest = busiest;
    this.events = events;
  }
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}
