import type { Ruleset } from "./ruleset.ts";
import type { StaleConnections } from "./stale-connections.ts";

/** What brings a Ruleset into the kernel. */
export interface ProxyBackend {
  /** Such as `nftables`; for logs and metrics. */
  readonly name: string;
  /** All or nothing. All of it anew when `previous`, which must be what was applied last, is absent. */
  apply(next: Ruleset, previous: Ruleset | undefined): Promise<void>;
  /** Whether what was applied is still there; others may flush the rules of the machine. */
  isIntact(): Promise<boolean>;
  /** Ends connections that lead to nothing any more, so that their next packet finds a new endpoint. */
  forget(connections: readonly StaleConnections[]): Promise<void>;
  /** Takes everything away. */
  remove(): Promise<void>;
}
