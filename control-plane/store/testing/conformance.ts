import { describe } from "vitest";
import type { ConformanceOptions, OpenStore } from "./harness.ts";
import { describeCompaction } from "./compaction.ts";
import { describeLifetimes } from "./lifetimes.ts";
import { describeModel } from "./model.ts";
import { describeReads } from "./reads.ts";
import { describeWatches } from "./watches.ts";
import { describeWrites } from "./writes.ts";

export type { ConformanceOptions, OpenStore, StoreSettings } from "./harness.ts";

/** What every back end promises. Each test opens a store of its own. */
export function describeStore(name: string, open: OpenStore, options: ConformanceOptions): void {
  describe(`the store ${name}`, () => {
    describeWrites(open, options);
    describeReads(open);
    describeWatches(open);
    describeCompaction(open);
    describeLifetimes(open);
    describeModel(open, options);
  });
}
