import type { ProxyBackend } from "../backend.ts";
import { render } from "../backends/nftables/render.ts";
import type { Ruleset } from "../ruleset.ts";
import type { StaleConnections } from "../stale-connections.ts";

/** A kernel that keeps what it is given, and can be made to fail. */
export interface RecordingBackend extends ProxyBackend {
  /** What is in the kernel; absent before the first update and after the rules were taken away. */
  readonly current: Ruleset | undefined;
  /** The commands of each update, oldest first. */
  readonly updates: readonly string[];
  readonly forgotten: readonly StaleConnections[];
  failing: boolean;
  /** Somebody else flushes all rules. */
  flush(): void;
}

export function recordingBackend(): RecordingBackend {
  const updates: string[] = [];
  const forgotten: StaleConnections[] = [];
  let current: Ruleset | undefined;
  return {
    name: "recording",
    failing: false,
    updates,
    forgotten,
    get current() {
      return current;
    },
    async apply(next, previous) {
      if (this.failing) throw new Error("The kernel says no");
      if (previous !== undefined && previous !== current) throw new Error("This is not what was applied last");
      updates.push(render(next, previous, { table: "kubets" }));
      current = next;
    },
    async isIntact() {
      return current !== undefined;
    },
    async forget(connections) {
      forgotten.push(...connections);
    },
    async remove() {
      current = undefined;
    },
    flush() {
      current = undefined;
    },
  };
}
