import type { Instant } from "@kubets/machinery";

/** What a Pod's metric was: in thousandths, as the mean over some time. */
export interface PodReading {
  readonly milli: number;
  /** When it was taken. */
  readonly at: Instant;
  readonly windowSeconds: number;
}

/** What was answered when a metric was asked for. */
export type Reading =
  /** Of each Pod, by its name. */
  | { readonly is: "pods"; readonly pods: ReadonlyMap<string, PodReading> }
  /** Of one thing, or the sum over several; in thousandths. */
  | { readonly is: "value"; readonly milli: number }
  | { readonly is: "failed"; readonly message: string };

/** With the seconds until it was answered. */
export type TimedReading = Reading & { readonly seconds: number };
