import type { BindingContext, Plugin, Rejection } from "./framework.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Snapshot } from "./snapshot.ts";

/** What became of a Pod that was given a node. */
export type BindingOutcome =
  | { readonly kind: "bound" }
  /** A plugin turned it away. */
  | { readonly kind: "rejected"; readonly rejection: Rejection }
  | { readonly kind: "failed"; readonly error: unknown };

/** The binding cycle: Permit, PreBind, Bind, PostBind. What {@link reserve} took is given back when it doesn't end with `bound`. */
export async function bindPod(
  plugins: readonly Plugin[],
  pod: PodInfo,
  node: string,
  context: BindingContext,
  reservation: Disposable,
): Promise<BindingOutcome> {
  const outcome = await runBinding(plugins, pod, node, context).catch((error: unknown): BindingOutcome => ({ kind: "failed", error }));
  if (outcome.kind !== "bound") reservation[Symbol.dispose]();
  else for (const { postBind } of plugins) postBind?.(pod, node);
  return outcome;
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

async function runBinding(plugins: readonly Plugin[], pod: PodInfo, node: string, context: BindingContext): Promise<BindingOutcome> {
  for (const plugin of plugins) {
    const rejection = await plugin.permit?.(pod, node, context);
    if (rejection !== undefined) return { kind: "rejected", rejection };
  }
  for (const plugin of plugins) await plugin.preBind?.(pod, node, context);
  for (const plugin of plugins) {
    if (plugin.bind !== undefined && (await plugin.bind(pod, node, context))) return { kind: "bound" };
  }
  throw new Error(`Cannot bind Pod "${pod.key}": no plugin of its profile binds`);
}
