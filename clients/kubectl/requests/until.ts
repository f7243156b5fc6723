import { isStatus, parseDuration } from "@kubets/machinery";
import type { Invocation } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";
import { type JsonObject, textAt } from "../json-object.ts";
import type { WatchEvent } from "./api.ts";
import { type Connection, pathOf } from "./connection.ts";
import { read, type Target } from "./targets.ts";

/** When waiting ends without success. */
export interface Deadline {
  /** Milliseconds from now; undefined when there is no end. */
  readonly remaining: () => number | undefined;
  readonly after: Invocation["clock"]["after"];
}

/** A deadline as `--timeout` gives it; `"0"` and negative ones have no end. */
export function deadlineOf({ clock }: Invocation, timeout: string): Deadline {
  const nanoseconds = parseDuration(timeout);
  if (nanoseconds === undefined)
    throw new CommandError(`invalid argument "${timeout}" for "--timeout" flag: time: invalid duration "${timeout}"`);
  const milliseconds = Number(nanoseconds) / 1e6;
  const begin = clock.monotonic();
  return {
    remaining: () => (milliseconds <= 0 ? undefined : milliseconds - (clock.monotonic() - begin)),
    after: (delay, callback) => clock.after(delay, callback),
  };
}

/**
 * Waits until `isDone` is true of an object: of its state now, then of every change. `undefined` stands for an object that isn't
 * there. Answers false when the deadline came first.
 */
export async function until(
  connection: Connection,
  target: Target,
  isDone: (object: JsonObject | undefined) => boolean,
  deadline: Deadline,
): Promise<boolean> {
  for (;;) {
    const object = await readIfThere(connection, target);
    if (isDone(object)) return true;
    const query = {
      fieldSelector: `metadata.name=${target.name}`,
      resourceVersion: object === undefined ? undefined : textAt(object, "metadata", "resourceVersion"),
    };
    const events = connection.api.watch({ path: pathOf(target.resource, target.namespace), query })[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await orLate(events.next(), deadline);
        if (next === "late") return false;
        // The server ends a watch after some minutes: what happened in between is seen by reading again.
        if (next.done === true) break;
        const { type, object: seen } = next.value;
        if (type !== "BOOKMARK" && isDone(type === "DELETED" ? undefined : seen)) return true;
      }
    } catch (error) {
      if (!isStatus(error, "Gone", "Expired")) throw error;
    }
  }
}

async function readIfThere(connection: Connection, target: Target): Promise<JsonObject | undefined> {
  try {
    return await read(connection, target);
  } catch (error) {
    if (isStatus(error, "NotFound")) return undefined;
    throw error;
  }
}

type Next = IteratorResult<WatchEvent>;

async function orLate(next: Promise<Next>, deadline: Deadline): Promise<Next | "late"> {
  const remaining = deadline.remaining();
  if (remaining === undefined) return next;
  const late = Promise.withResolvers<"late">();
  using _timer = deadline.after(Math.max(0, remaining), () => late.resolve("late"));
  const first = await Promise.race([next, late.promise]);
  // The watch is left to end with the connection; its failure then is nobody's concern.
  if (first === "late") next.catch(() => {});
  return first;
}

/** Waits until an object is gone, or another one has taken its name. */
export async function untilDeleted(connection: Connection, target: Target, uid: string, deadline: Deadline): Promise<void> {
  const isGone = (object: JsonObject | undefined): boolean =>
    object === undefined || (uid !== "" && textAt(object, "metadata", "uid") !== uid);
  if (!(await until(connection, target, isGone, deadline)))
    throw new CommandError(`timed out waiting for the condition on ${target.resource.resource}/${target.name}`);
}
