import { setImmediate } from "node:timers/promises";
import {
  type Clock,
  createManualClock,
  createTasks,
  defineKind,
  type Instant,
  integer,
  type Kind,
  kindObject,
  type KubernetesObject,
  type LogFields,
  type Logger,
  type ManualClock,
  object,
  type Random,
  type Schema,
  seededRandom,
  struct,
  type Tasks,
} from "@kubets/machinery";

export const noon: Instant = Date.UTC(2026, 0, 1, 12) as Instant;

/** What every test of this package runs under: tasks that settle, a clock that the test moves, chance from a seed, a log it can read. */
export interface World {
  readonly tasks: Tasks;
  readonly clock: ManualClock;
  readonly random: Random;
  readonly logger: Logger;
  readonly logged: readonly LoggedLine[];
}

export interface LoggedLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly sentence: string;
  readonly fields: LogFields;
}

const turn = async (): Promise<void> => void (await setImmediate());

export function createWorld(seed = 1): World {
  const tasks = createTasks({ turn });
  const logged: LoggedLine[] = [];
  return {
    tasks,
    clock: createManualClock({ start: noon, tasks, turn }),
    random: seededRandom(seed),
    logger: recordingLogger(logged, {}),
    logged,
  };
}

function recordingLogger(lines: LoggedLine[], fields: LogFields): Logger {
  const at =
    (level: LoggedLine["level"]) =>
    (sentence: string, more: LogFields = {}) =>
      void lines.push({ level, sentence, fields: { ...fields, ...more } });
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    with: (more) => recordingLogger(lines, { ...fields, ...more }),
  };
}

/** A kind of the tests' own, with a field that has a default. */
export interface Widget extends KubernetesObject {
  readonly spec: { readonly size: number };
}

const widgetSpec: Schema<Widget["spec"]> = object<Widget["spec"]>("dev.kubets.test.WidgetSpec", "What is wanted.", {
  size: integer({ field: 1, presence: "pointer", default: 1, doc: "How big." }),
});

export const WidgetKind: Kind<Widget> = defineKind<Widget>({
  group: "test.kubets.dev",
  version: "v1",
  kind: "Widget",
  resource: "widgets",
  scope: "Namespaced",
  schema: kindObject<Widget>("dev.kubets.test.Widget", "A thing.", {
    spec: struct(widgetSpec, { field: 2, default: {}, doc: "What is wanted." }),
  }),
});

/** A widget as a server would answer it. */
export function aWidget(
  name: string,
  revision: number,
  { size = 1, uid = `uid-${name}`, ...metadata }: Partial<KubernetesObject["metadata"]> & { readonly size?: number } = {},
): Widget {
  return {
    apiVersion: "test.kubets.dev/v1",
    kind: "Widget",
    metadata: {
      name,
      namespace: "default",
      uid,
      resourceVersion: String(revision),
      creationTimestamp: "2026-01-01T12:00:00Z",
      ...metadata,
    },
    spec: { size },
  };
}

export type { Clock };
