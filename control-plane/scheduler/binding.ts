import type { Clock } from "@kubets/machinery";
import type { BindingContext, Plugin, Rejection } from "./framework.ts";
import type { ExtensionPoint, MeasureStep } from "./metrics.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Snapshot } from "./snapshot.ts";

/** What became of a Pod that was given a node. */
export type BindingOutcome =
  | { readonly kind: "bound" }
  /** A plugin turned it away. */
  | { readonly kind: "rejected"; readonly rejection: Rejection }
  | { readonly kind: "failed"; readonly error: unknown };

/** What a binding cycle is given besides the Pod and its node. */
export interface BindingOptions {
  readonly context: BindingContext;
  readonly reservation: Disposable;
  readonly measure: MeasureStep;
}

/** The binding cycle: Permit, PreBind, Bind, PostBind. What {@link reserve} took is given back when it doesn't end with `bound`. */
export async function bindPod(
  plugins: readonly Plugin[],
  pod: PodInfo,
  node: string,
  { context, reservation, measure }: BindingOptions,
): Promise<BindingOutcome> {
  const step = stepsMeasuredBy(context.clock, measure);
  const outcome = await runBinding(plugins, pod, node, { context, step }).catch((error: unknown): BindingOutcome => ({
    kind: "failed",
    error,
  }));
  if (outcome.kind !== "bound") reservation[Symbol.dispose]();
  else
    await step("PostBind", async () => {
      for (const { postBind } of plugins) postBind?.(pod, node);
    });
  return outcome;
}

type Step = <Answer>(point: ExtensionPoint, run: () => Promise<Answer>, isRejection?: (answer: Answer) => boolean) => Promise<Answer>;

function stepsMeasuredBy(clock: Clock, measure: MeasureStep): Step {
  return async (point, run, isRejection) => {
    const began = clock.monotonic();
    const seconds = (): number => (clock.monotonic() - began) / 1000;
    try {
      const answer = await run();
      measure(point, isRejection?.(answer) === true ? "Unschedulable" : "Success", seconds());
      return answer;
    } catch (error) {
      measure(point, "Error", seconds());
      throw error;
    }
  };
}

/** Runs Reserve. Disposing of what it answers gives everything back, in reverse. */
export function reserve(plugins: readonly Plugin[], pod: PodInfo, node: string, snapshot: Snapshot): Rejection | Disposable {
  const taken = new DisposableStack();
  for (const plugin of plugins) {
    const answer = plugin.reserve?.(pod, node, snapshot);
    if (answer === undefined) continue;
    if (typeof answer !== "function") {
      taken.dispose();
      return answer;
    }
    taken.defer(answer);
  }
  return taken;
}

async function runBinding(
  plugins: readonly Plugin[],
  pod: PodInfo,
  node: string,
  { context, step }: { readonly context: BindingContext; readonly step: Step },
): Promise<BindingOutcome> {
  const permit = async (): Promise<Rejection | undefined> => {
    for (const plugin of plugins) {
      const rejection = await plugin.permit?.(pod, node, context);
      if (rejection !== undefined) return rejection;
    }
    return undefined;
  };
  const rejection = await step("Permit", permit, (answer) => answer !== undefined);
  if (rejection !== undefined) return { kind: "rejected", rejection };
  await step("PreBind", async () => {
    for (const plugin of plugins) await plugin.preBind?.(pod, node, context);
  });
  return step("Bind", async () => {
    for (const plugin of plugins) {
      if (plugin.bind !== undefined && (await plugin.bind(pod, node, context))) return { kind: "bound" };
    }
    throw new Error(`Cannot bind Pod "${pod.key}": no plugin of its profile binds`);
  });
}
