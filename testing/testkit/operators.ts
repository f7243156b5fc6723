import { type AnyController, createClient, createInformers, runControllers } from "@kubets/client";
import type { ControlPlane, Surroundings } from "@kubets/distribution/control-plane";
import type { Clock, Instant, UserInfo } from "@kubets/machinery";
import { turn } from "@kubets/machinery/node";
import type { FaultPlan } from "./faults.ts";
import { faultyTransport } from "./faulty-transport.ts";

export const administrator: UserInfo = { name: "kubernetes-admin", groups: ["system:masters"] };

export interface OperatorOptions extends Surroundings {
  readonly controlPlane: ControlPlane;
  /** What goes wrong for them; nothing when absent. */
  readonly plan: FaultPlan | undefined;
}

/** Controllers of whoever writes the test, with caches of their own. */
export function runOperators(controllers: readonly AnyController[], options: OperatorOptions): { stop(): Promise<void> } {
  if (controllers.length === 0) return { stop: async () => {} };
  const { plan } = options;
  if (plan === undefined) return runProcess(controllers, options);
  // Each is a process of its own, so that one dies alone.
  const running = controllers.map((controller) => runMortal(controller, { ...options, plan }));
  return { stop: async () => void (await Promise.all(running.map((each) => each.stop()))) };
}

/** A process that starts anew whenever it dies. */
function runMortal(controller: AnyController, options: OperatorOptions & { readonly plan: FaultPlan }): { stop(): Promise<void> } {
  const { plan, tasks } = options;
  let stopped = false;
  let burials: Promise<void> = Promise.resolve();
  let current: { stop(): Promise<void> };
  const start = (): void => {
    current = runProcess([controller], {
      ...options,
      clock: skewed(options.clock, plan.skew(controller.name)),
      onCrash: () => {
        const dead = current;
        burials = tasks.run("simulated crash", async () => {
          await dead.stop();
          if (!stopped) start();
        });
      },
    });
  };
  start();
  return {
    async stop() {
      stopped = true;
      await burials;
      await current.stop();
    },
  };
}

function runProcess(
  controllers: readonly AnyController[],
  { controlPlane, plan, onCrash = () => {}, ...surroundings }: OperatorOptions & { readonly onCrash?: () => void },
): { stop(): Promise<void> } {
  const direct = controlPlane.clientFor(administrator, "operator");
  const client =
    plan === undefined
      ? direct
      : createClient(faultyTransport(direct.transport, { plan, turn, tasks: surroundings.tasks, onCrash }), {
          fieldManager: "operator",
          userAgent: "operator",
        });
  const informers = createInformers({ ...surroundings, client });
  const running = runControllers({ ...surroundings, client, informers, controllers, fieldManager: "operator" });
  return {
    async stop() {
      await running.stop();
      await informers.stop();
    },
  };
}

/** A clock that is wrong by so many milliseconds. */
function skewed(clock: Clock, milliseconds: number): Clock {
  return milliseconds === 0 ? clock : { ...clock, now: (): Instant => (clock.now() + milliseconds) as Instant };
}
