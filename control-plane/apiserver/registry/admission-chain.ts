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
        // By index, here and below: an iterator would make an object for each plugin of each write.
        for (let index = 0; index < mutating.length; index++) {
          const answer = mutating[index]!.mutate!(attributes);
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
        for (let index = 0; index < judging.length; index++) {
          const answer = judging[index]!.validate!(attributes);
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
class Stopwatch {
  readonly #observers: ChainObservers;
  readonly #now: () => number;
  readonly #began: number;
  // Where one plugin ends the next begins: one look at the clock for each.
  #before: number;
  #at = 0;

  constructor(observers: ChainObservers, now: () => number) {
    this.#observers = observers;
    this.#now = now;
    this.#began = now();
    this.#before = this.#began;
  }

  passed(): void {
    this.#observers.plugins[this.#at++]!.passed(this.#lap());
  }

  /** By the plugin that it is at, which ends it. */
  refused(): void {
    this.#observers.plugins[this.#at]!.refused(this.#lap());
    this.#observers.step.refused((this.#before - this.#began) / 1000);
  }

  /** No plugin refused. */
  end(): void {
    this.#observers.step.passed((this.#before - this.#began) / 1000);
  }

  #lap(): number {
    const after = this.#now();
    const seconds = (after - this.#before) / 1000;
    this.#before = after;
    return seconds;
  }
}

type Operation = AdmissionAttributes["operation"];

interface Observers {
  readonly passed: (seconds: number) => void;
  readonly refused: (seconds: number) => void;
}

interface ChainObservers {
  readonly plugins: readonly Observers[];
  readonly step: Observers;
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
  const observersOf = (operation: Operation): ChainObservers => ({
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
  const known: Partial<Record<Operation, ChainObservers>> = {};
  return (operation) => new Stopwatch((known[operation] ??= observersOf(operation)), now);
}
