import type { Benchmark } from "./benchmark.ts";
import { controllers } from "./controllers.ts";
import { creates } from "./creates.ts";
import { definitionInstalls } from "./definitions.ts";
import { fork } from "./fork.ts";
import { idle } from "./idle.ts";
import { imports } from "./imports.ts";
import { life } from "./life.ts";
import { podStart } from "./pod-start.ts";
import { reads } from "./reads.ts";
import { schedulerCore } from "./scheduler-core.ts";
import { start } from "./start.ts";
import { storeWrites } from "./store-writes.ts";
import { testkit } from "./testkit.ts";
import { watchFanout } from "./watch-fanout.ts";

/** Every benchmark, in the order in which they run. A new one is a file here and a line. */
export const benchmarks: readonly Benchmark[] = [
  start,
  imports,
  testkit,
  fork,
  life,
  controllers,
  creates,
  reads,
  definitionInstalls,
  watchFanout,
  storeWrites,
  schedulerCore,
  podStart,
  idle,
];
