import { type PriorityLevelConfiguration, PriorityLevelConfigurationKind } from "@kubets/api";
import type { Clock, Headers, Metrics, UserInfo } from "@kubets/machinery";
import type { ObjectReader, PathEndpoint, RequestInfo } from "../contracts.ts";
import { textAnswer } from "../request/answer.ts";
import { isLongRunning } from "../request/flow-control.ts";
import { classifier, flowOf } from "./classification.ts";
import { type LevelLimits, LevelQueues } from "./level-queues.ts";
import { type CountObjects, mostSeatsAt, widthOf } from "./request-width.ts";
import { divideSeats, type SeatBounds, seatBounds } from "./seat-shares.ts";

/** A request that found its priority level. */
export interface Admitted {
  /** The seat, until disposed of; `undefined` for what takes none. Rejects with `TooManyRequests`. */
  readonly seat: Disposable | Promise<Disposable> | undefined;
}

export interface PriorityAndFairness {
  /** `undefined` while there are no schemas. Throws `TooManyRequests`. */
  enter(request: FlowRequest): Admitted | undefined;
  readonly endpoints: readonly PathEndpoint[];
}

export interface FlowRequest {
  readonly user: UserInfo;
  readonly info: RequestInfo;
  readonly signal: AbortSignal;
  /** Learns, before anything is refused, the headers that say which schema and level the request fell under. */
  readonly onClassified: (headers: Headers) => void;
}

export interface PriorityAndFairnessOptions {
  readonly reader: ObjectReader;
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly metrics: Metrics;
  /** How many requests all levels together serve at once. */
  readonly seats: number;
  /** By which the width of lists is told. */
  readonly count: CountObjects;
}

interface Level {
  readonly configuration: PriorityLevelConfiguration;
  readonly headersOf: Map<string, Headers>;
  readonly bounds: SeatBounds;
  /** Absent for a level without limits. */
  readonly queues: LevelQueues | undefined;
}

/** How often levels lend each other seats anew: as upstream's do. */
const adjustmentPeriod = 10_000;

/**
 * Divides what the server does at once among priority levels, and those among flows, as FlowSchemas and PriorityLevelConfigurations say.
 * Seats that levels don't use are lent to others: looked at when a request comes, at most every ten seconds, since without requests
 * nobody wants any.
 */
export function priorityAndFairness({ reader, clock, metrics, seats, count }: PriorityAndFairnessOptions): PriorityAndFairness {
  const classify = classifier(reader);
  const levels = new Map<string, Level>();
  let madeFor: number | undefined;
  const rejections = metrics.counter("apiserver_flowcontrol_rejected_requests_total", "Requests that were told to come again, by why.");
  const observe = (name: string, help: string, read: (queues: LevelQueues) => number): void =>
    void metrics.gauge(name, help, (gauge) => {
      for (const [name, { queues }] of levels) if (queues !== undefined) gauge.set(read(queues), { priority_level: name });
    });
  observe("apiserver_flowcontrol_current_executing_requests", "Requests that have a seat.", ({ numbers }) => numbers.executing);
  observe("apiserver_flowcontrol_current_executing_seats", "Seats that are taken.", ({ numbers }) => numbers.seatsTaken);
  observe("apiserver_flowcontrol_current_limit_seats", "Seats that a level has now.", ({ limits }) => limits.seats);
  const tellBounds = (name: string, help: string, read: (bounds: SeatBounds) => number): void =>
    void metrics.gauge(name, help, (gauge) => {
      for (const [name, { bounds, queues }] of levels) if (queues !== undefined) gauge.set(read(bounds), { priority_level: name });
    });
  tellBounds("apiserver_flowcontrol_nominal_limit_seats", "Seats that are a level's own.", ({ nominal }) => nominal);
  tellBounds("apiserver_flowcontrol_lower_limit_seats", "Seats that a level never lends.", ({ least }) => least);
  tellBounds("apiserver_flowcontrol_upper_limit_seats", "Seats that a level has with all that it may borrow.", ({ most }) => most);
  observe("apiserver_flowcontrol_current_inqueue_requests", "Requests that wait for a seat.", ({ numbers }) => numbers.waiting);

  const refresh = (): void => {
    const now = reader.lastChange?.(PriorityLevelConfigurationKind);
    if (now === madeFor && now !== undefined) return;
    madeFor = now;
    const all = reader.list(PriorityLevelConfigurationKind, "");
    const boundsOf = seatBounds(all, seats);
    const before = new Map(levels);
    levels.clear();
    for (const configuration of all) {
      const { name } = configuration.metadata;
      const bounds = boundsOf.get(name)!;
      const limits = limitsOf(configuration, bounds.nominal);
      const known = before.get(name)?.queues;
      if (known !== undefined && limits !== undefined) known.limits = limits;
      const queues = limits === undefined ? undefined : (known ?? new LevelQueues(limits, clock));
      levels.set(name, { configuration, headersOf: new Map(), bounds, queues });
    }
  };
  let adjustedAt = clock.monotonic();
  const adjust = (): void => {
    const periods = Math.floor((clock.monotonic() - adjustedAt) / adjustmentPeriod);
    if (periods < 1) return;
    adjustedAt = clock.monotonic();
    // A level without limits keeps what it doesn't lend.
    let left = seats;
    const limited: { readonly bounds: SeatBounds; readonly queues: LevelQueues }[] = [];
    for (const { bounds, queues } of levels.values()) {
      if (queues === undefined) left -= bounds.least;
      else limited.push({ bounds, queues });
    }
    const divided = divideSeats(
      left,
      limited.map(({ bounds, queues }) => ({ bounds, demand: queues.takeDemand(periods) })),
    );
    for (const [index, { queues }] of limited.entries()) queues.limits = { ...queues.limits, seats: divided[index]! };
  };

  return {
    enter({ user, info, signal, onClassified }) {
      const classified = classify(user, info);
      if (classified === undefined) return undefined;
      refresh();
      adjust();
      const { schema } = classified;
      const level = levels.get(classified.level.metadata.name);
      if (level === undefined) return undefined;
      const headers = headersOf(level, schema.metadata.uid);
      onClassified(headers);
      if (level.queues === undefined || isLongRunning(info)) return { seat: undefined };
      const { name } = schema.metadata;
      const seat = level.queues.enter({
        flow: `${name}\u0000${flowOf(schema, user, info)}`,
        width: widthOf(info, { most: mostSeatsAt(level.bounds.nominal), count }),
        signal,
        onReject: (reason) => rejections.add(1, { priority_level: level.configuration.metadata.name, flow_schema: name, reason }),
      });
      return { seat };
    },
    endpoints: [
      dump("dump_priority_levels", () => (refresh(), [...levels].map(levelRow)), levelColumns),
      dump("dump_queues", () => (refresh(), [...levels].flatMap(queueRows)), queueColumns),
    ],
  };
}

/** The same object for the same level and schema: every request carries one. */
function headersOf({ configuration, headersOf: known }: Level, schema: string): Headers {
  let headers = known.get(schema);
  if (headers === undefined) {
    headers = { "x-kubernetes-pf-flowschema-uid": schema, "x-kubernetes-pf-prioritylevel-uid": configuration.metadata.uid };
    known.set(schema, headers);
  }
  return headers;
}

function limitsOf({ spec }: PriorityLevelConfiguration, seats: number): LevelLimits | undefined {
  if (spec.limited === undefined) return undefined;
  const { limitResponse } = spec.limited;
  const { queuing } = limitResponse;
  return limitResponse.type === "Queue" && queuing !== undefined ? { seats, queuing } : { seats };
}

type Row = readonly (boolean | number | string)[];

const levelColumns = [
  ...["PriorityLevelName", "ActiveQueues", "IsIdle", "IsQuiescing", "WaitingRequests", "ExecutingRequests"],
  ...["DispatchedRequests", "RejectedRequests", "TimedoutRequests", "CancelledRequests"],
];

function levelRow([name, { queues }]: readonly [string, Level]): Row {
  if (queues === undefined) return [name, 0, false, false, 0, 0, 0, 0, 0, 0];
  const { executing, waiting, dispatched, rejected, queues: lengths } = queues.numbers;
  const refused = rejected["concurrency-limit"] + rejected["queue-full"];
  const isIdle = executing === 0 && waiting === 0;
  return [name, lengths.size, isIdle, false, waiting, executing, dispatched, refused, rejected["time-out"], rejected.cancelled];
}

const queueColumns = ["PriorityLevelName", "Index", "PendingRequests"];

function queueRows([name, { queues }]: readonly [string, Level]): readonly Row[] {
  return [...(queues?.numbers.queues ?? [])].map(([index, length]) => [name, index, length]);
}

/** A table as upstream writes it for people. */
function dump(name: string, rows: () => readonly Row[], columns: readonly string[]): PathEndpoint {
  return {
    path: `/debug/api_priority_and_fairness/${name}`,
    endpoint: async () => textAnswer(200, [columns, ...rows()].map((row) => `${row.join(", ")}\n`).join("")),
  };
}
