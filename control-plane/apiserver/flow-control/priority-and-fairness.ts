import { type PriorityLevelConfiguration, PriorityLevelConfigurationKind } from "@kubets/api";
import type { Clock, Headers, Metrics, UserInfo } from "@kubets/machinery";
import type { ObjectReader, PathEndpoint, RequestInfo } from "../contracts.ts";
import { textAnswer } from "../request/answer.ts";
import { isLongRunning } from "../request/flow-control.ts";
import { classifier, flowOf } from "./classification.ts";
import { type LevelLimits, LevelQueues } from "./level-queues.ts";

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
  readonly clock: Pick<Clock, "after">;
  readonly metrics: Metrics;
  /** How many requests all levels together serve at once. */
  readonly seats: number;
}

interface Level {
  readonly configuration: PriorityLevelConfiguration;
  readonly headersOf: Map<string, Headers>;
  /** Absent for a level without limits. */
  readonly queues: LevelQueues | undefined;
}

/** Divides what the server does at once among priority levels, and those among flows, as FlowSchemas and PriorityLevelConfigurations say. */
export function priorityAndFairness({ reader, clock, metrics, seats }: PriorityAndFairnessOptions): PriorityAndFairness {
  const classify = classifier(reader);
  const levels = new Map<string, Level>();
  let madeFor: number | undefined;
  const rejections = metrics.counter("apiserver_flowcontrol_rejected_requests_total", "Requests that were told to come again, by why.");
  const observe = (name: string, help: string, read: (queues: LevelQueues) => number): void =>
    void metrics.gauge(name, help, (gauge) => {
      for (const [name, { queues }] of levels) if (queues !== undefined) gauge.set(read(queues), { priority_level: name });
    });
  observe("apiserver_flowcontrol_current_executing_requests", "Requests that have a seat.", ({ numbers }) => numbers.executing);
  observe("apiserver_flowcontrol_current_inqueue_requests", "Requests that wait for a seat.", ({ numbers }) => numbers.waiting);

  const refresh = (): void => {
    const now = reader.lastChange?.(PriorityLevelConfigurationKind);
    if (now === madeFor && now !== undefined) return;
    madeFor = now;
    const all = reader.list(PriorityLevelConfigurationKind, "");
    const shares = all.reduce(
      (sum, { spec }) => sum + (spec.limited?.nominalConcurrencyShares ?? spec.exempt?.nominalConcurrencyShares ?? 0),
      0,
    );
    const before = new Map(levels);
    levels.clear();
    for (const configuration of all) {
      const { name } = configuration.metadata;
      const limits = limitsOf(configuration, seats / Math.max(1, shares));
      const known = before.get(name)?.queues;
      if (known !== undefined && limits !== undefined) known.limits = limits;
      const queues = limits === undefined ? undefined : (known ?? new LevelQueues(limits, clock));
      levels.set(name, { configuration, headersOf: new Map(), queues });
    }
  };

  return {
    enter({ user, info, signal, onClassified }) {
      const classified = classify(user, info);
      if (classified === undefined) return undefined;
      refresh();
      const { schema } = classified;
      const level = levels.get(classified.level.metadata.name);
      if (level === undefined) return undefined;
      const headers = headersOf(level, schema.metadata.uid);
      onClassified(headers);
      if (level.queues === undefined || isLongRunning(info)) return { seat: undefined };
      const { name } = schema.metadata;
      const flow = `${name}\u0000${flowOf(schema, user, info)}`;
      const seat = level.queues.enter(flow, signal, (reason) =>
        rejections.add(1, { priority_level: level.configuration.metadata.name, flow_schema: name, reason }),
      );
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

function limitsOf({ spec }: PriorityLevelConfiguration, seatsPerShare: number): LevelLimits | undefined {
  const { limited } = spec;
  if (limited === undefined) return undefined;
  const { nominalConcurrencyShares: shares, limitResponse } = limited;
  const { queuing } = limitResponse;
  const seats = Math.ceil(shares * seatsPerShare);
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
