import { type HorizontalPodAutoscaler, HorizontalPodAutoscalerKind, type Pod, PodKind } from "@kubets/api";
import { type Action, type Caches, type Controller, objectKey, watch } from "@kubets/client";
import { type Instant, type Kind, type LabelRequirements, matchesLabels, parseLabelSelector } from "@kubets/machinery";
import { askReadings, askScale } from "./ask.ts";
import { type Memory, newMemory } from "./memory.ts";
import { measureAutoscalers } from "./metrics.ts";
import { defaultPodDelays } from "./pod-groups.ts";
import type { TimedReading } from "./readings.ts";
import { failedToRescale, type Observed, reconcile, type ScaleAnswer, type Settings } from "./reconcile.ts";

export interface HorizontalPodAutoscalerOptions {
  /** Every kind that is served by ourselves. */
  readonly kinds: readonly Kind[];
  /** Upstream's flags and defaults when absent. */
  readonly settings?: Partial<Settings>;
}

const defaultSettings: Settings = { period: 15_000, tolerance: 0.1, delays: defaultPodDelays };

/** An autoscaler, and what the API has answered for it. */
interface Asked {
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly caches: Caches;
  readonly target?: ScaleAnswer;
  readonly readings?: readonly TimedReading[];
}

/** Keeps the numbers of replicas that autoscalers ask for, every fifteen seconds by metrics of the metrics APIs. */
export function horizontalPodAutoscalerController({ kinds, settings = {} }: HorizontalPodAutoscalerOptions): Controller<Asked> {
  const used: Settings = { ...defaultSettings, ...settings };
  // What only this process knows: what it has decided, when it looks again, and which Pods an autoscaler was last seen to scale.
  const memories = new Map<string, Memory>();
  const last = new Map<string, { readonly memory: Memory; readonly actions: readonly Action[] }>();
  const due = new Map<string, { readonly at: Instant; readonly generation: number | undefined }>();
  const selectors = new Map<string, LabelRequirements>();

  const forget = (key: string): void => void [memories, last, due, selectors].forEach((each) => each.delete(key));
  const observedOf = ({ autoscaler, caches, target, readings }: Asked): Observed => {
    const key = objectKey(autoscaler);
    const namespace = autoscaler.metadata.namespace ?? "";
    const podsOf = (selector: LabelRequirements): readonly Pod[] =>
      caches
        .of(PodKind)
        .list({ namespace })
        .filter(({ metadata }) => matchesLabels(selector, metadata.labels));
    const rivals = rivalsOf(autoscaler, selectors, podsOf);
    const memory = memories.get(key) ?? newMemory;
    return { autoscaler, target: target!, readings: readings ?? [], podsOf, rivals, memory, settings: used };
  };
  return {
    name: "horizontal-pod-autoscaler",
    watches: [watch(HorizontalPodAutoscalerKind), watch(PodKind, { keys: () => [] })],
    observe(key, caches) {
      const autoscaler = caches.of(HorizontalPodAutoscalerKind).get(key);
      if (autoscaler === undefined) forget(key);
      return autoscaler === undefined ? undefined : { autoscaler, caches };
    },
    async ask(asked, client, { signal, now, monotonic }) {
      const { autoscaler } = asked;
      const key = objectKey(autoscaler);
      const next = due.get(key);
      // What it writes itself, and what others write that asks for nothing else, doesn't make it look sooner.
      if (next !== undefined && next.at > now && next.generation === autoscaler.metadata.generation) return asked;
      const asker = { client, signal, monotonic, kinds };
      const target = await askScale(autoscaler, asker);
      const selector = target.is === "found" ? (target.scale.status.selector ?? "") : "";
      selectors.delete(key);
      try {
        if (selector !== "") selectors.set(key, parseLabelSelector(selector));
      } catch {
        // The decision says what is wrong with it.
      }
      return { ...asked, target, readings: selector === "" ? [] : await askReadings(autoscaler, selector, asker) };
    },
    reconcile(asked, now) {
      const { autoscaler, target } = asked;
      const key = objectKey(autoscaler);
      if (target === undefined) return { actions: [], requeueAfter: Math.max(1, (due.get(key)?.at ?? now) - now) };
      const { memory, ...decision } = reconcile(observedOf(asked), now);
      last.set(key, { memory: memories.get(key) ?? newMemory, actions: decision.actions });
      memories.set(key, memory);
      due.set(key, { at: (now + used.period) as Instant, generation: autoscaler.metadata.generation });
      return decision;
    },
    measure: measureAutoscalers,
    refused(asked, action, error, now) {
      if (asked.target === undefined) return undefined;
      // What was not carried out was not done.
      const key = objectKey(asked.autoscaler);
      const undone = last.get(key);
      memories.set(key, undone?.memory ?? newMemory);
      return action.verb === "subresource" ? failedToRescale(observedOf(asked), undone?.actions ?? [], error.message, now) : undefined;
    },
  };
}

/** Other autoscalers of the namespace that scale some of the same Pods. */
function rivalsOf(
  { metadata: { namespace = "", name } }: HorizontalPodAutoscaler,
  selectors: ReadonlyMap<string, LabelRequirements>,
  podsOf: (selector: LabelRequirements) => readonly Pod[],
): readonly string[] {
  const own = selectors.get(`${namespace}/${name}`);
  const others = [...selectors].filter(([key]) => key.startsWith(`${namespace}/`) && key !== `${namespace}/${name}`);
  if (own === undefined || others.length === 0) return [];
  const pods = podsOf(own);
  return others
    .filter(([, selector]) => pods.some(({ metadata }) => matchesLabels(selector, metadata.labels)))
    .map(([key]) => `{${key.slice(namespace.length + 1)} ${namespace}}`);
}
