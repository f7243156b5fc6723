import type { Clock, KubernetesObject, Metrics } from "@kubets/machinery";
import type { AdmissionAttributes, AdmissionPlugin, MutatingAttributes } from "../contracts.ts";

/** All plugins, one after the other; the first refusal ends it. */
export interface AdmissionChain {
  /** Answers the object as the last plugin left it. */
  mutate(given: MutatingAttributes): Promise<KubernetesObject>;
  validate(attributes: AdmissionAttributes): Promise<void>;
}

/** What writes go through that nobody judges. */
export const noAdmission: AdmissionChain = {
  mutate: async ({ object }) => object,
  async validate() {},
};

/** Chains plugins, and measures under upstream's names how long each takes and all of them together. */
export function admissionChain(
  plugins: readonly AdmissionPlugin[],
  { clock, metrics }: { readonly clock: Pick<Clock, "monotonic">; readonly metrics: Metrics },
): AdmissionChain {
  const mutating = plugins.filter(({ mutate }) => mutate !== undefined);
  const judging = plugins.filter(({ validate }) => validate !== undefined);
  const now = (): number => clock.monotonic();
  const watchMutation = stopwatches("admit", mutating, { now, metrics });
  const watchJudgement = stopwatches("validate", judging, { now, metrics });
  return {
    async mutate(given) {
      const stopwatch = watchMutation(given.operation);
      let attributes = given;
      try {
        for (const plugin of mutating) {
          const answer = plugin.mutate!(attributes);
          // Most answer at once, and every wait is a detour.
          const changed = answer instanceof Promise ? await answer : answer;
          if (changed !== attributes.object) attributes = { ...attributes, object: changed };
          stopwatch.passed();
        }
      } catch (error) {
        stopwatch.refused();
        throw error;
      }
      stopwatch.end();
      return attributes.object;
    },
    async validate(attributes) {
      const stopwatch = watchJudgement(attributes.operation);
      try {
        for (const plugin of judging) {
          const answer = plugin.validate!(attributes);
          if (answer !== undefined) await answer;
          stopwatch.passed();
        }
      } catch (error) {
        stopwatch.refused();
        throw error;
      }
      stopwatch.end();
    },
  };
}

/** Taken along through a chain: told when a plugin is done, it is at the next. */
interface Stopwatch {
  passed(): void;
  /** By the plugin that it is at, which ends it. */
  refused(): void;
  /** No plugin refused. */
  end(): void;
}

type Operation = AdmissionAttributes["operation"];

interface Observers {
  readonly passed: (seconds: number) => void;
  readonly refused: (seconds: number) => void;
}

/** Upstream's buckets. */
const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5];

function stopwatches(
  type: "admit" | "validate",
  plugins: readonly AdmissionPlugin[],
  { now, metrics }: { readonly now: () => number; readonly metrics: Metrics },
): (operation: Operation) => Stopwatch {
  const ofPlugins = metrics.histogram(
    "apiserver_admission_controller_admission_duration_seconds",
    "How long each admission plugin took, by its name, type and operation, and whether it refused the request.",
    buckets,
  );
  const ofSteps = metrics.histogram(
    "apiserver_admission_step_admission_duration_seconds",
    "How long all admission plugins of a type took together, by operation, and whether one refused the request.",
    buckets,
  );
  const observersOf = (operation: Operation): { readonly plugins: readonly Observers[]; readonly step: Observers } => ({
    plugins: plugins.map(({ name }) => ({
      passed: ofPlugins.series({ name, type, operation, rejected: "false" }),
      refused: ofPlugins.series({ name, type, operation, rejected: "true" }),
    })),
    step: {
      passed: ofSteps.series({ type, operation, rejected: "false" }),
      refused: ofSteps.series({ type, operation, rejected: "true" }),
    },
  });
  // Made when the first such operation comes: a cluster that starts has none yet.
  const known: Partial<Record<Operation, ReturnType<typeof observersOf>>> = {};
  return (operation) => {
    const observers = (known[operation] ??= observersOf(operation));
    const began = now();
    // Where one plugin ends the next begins: one look at the clock for each.
    let before = began;
    let at = 0;
    const lap = (): number => {
      const after = now();
      const seconds = (after - before) / 1000;
      before = after;
      return seconds;
    };
    return {
      passed: () => observers.plugins[at++]!.passed(lap()),
      refused() {
        observers.plugins[at]!.refused(lap());
        observers.step.refused((before - began) / 1000);
      },
      end: () => observers.step.passed((before - began) / 1000),
    };
  };
}
