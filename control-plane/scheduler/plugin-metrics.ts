import type { Clock } from "@kubets/machinery";
import type { Plugin } from "./framework.ts";
import type { ExtensionPoint, StepStatus } from "./metrics.ts";

/** Is told how long one plugin took at one extension point, and what came of it. */
export type MeasurePlugin = (plugin: string, point: ExtensionPoint, status: StepStatus | "Skip", seconds: number) => void;

/**
 * The same plugin, but telling how long it takes from PostFilter to PostBind. For some of the Pods: most have the plugin itself, so that
 * measuring costs them nothing. What a plugin answers about nodes isn't measured: classes of Pods remember it.
 */
export function measuredPlugin(plugin: Plugin, clock: Pick<Clock, "monotonic">, measure: MeasurePlugin): Plugin {
  const { name, postFilter, reserve, permit, preBind, bind, postBind } = plugin;
  const measuring = (point: ExtensionPoint): ((status: StepStatus | "Skip") => void) => {
    const began = clock.monotonic();
    return (status) => measure(name, point, status, (clock.monotonic() - began) / 1000);
  };
  const timed = <Answer>(point: ExtensionPoint, run: () => Answer, statusOf: (answer: Answer) => StepStatus | "Skip"): Answer => {
    const tell = measuring(point);
    try {
      const answer = run();
      tell(statusOf(answer));
      return answer;
    } catch (error) {
      tell("Error");
      throw error;
    }
  };
  const timedWork = async <Answer>(
    point: ExtensionPoint,
    run: () => Promise<Answer>,
    statusOf: (answer: Answer) => StepStatus | "Skip",
  ): Promise<Answer> => {
    const tell = measuring(point);
    try {
      const answer = await run();
      tell(statusOf(answer));
      return answer;
    } catch (error) {
      tell("Error");
      throw error;
    }
  };
  const done = (): StepStatus => "Success";
  const unlessRejected = (answer: unknown): StepStatus => (answer === undefined ? "Success" : "Unschedulable");
  return {
    ...plugin,
    ...(postFilter && {
      postFilter: (...given) =>
        timed(
          "PostFilter",
          () => postFilter(...given),
          ({ kind }) => (kind === "nominate" ? "Success" : "Unschedulable"),
        ),
    }),
    ...(reserve && {
      reserve: (...given) =>
        timed(
          "Reserve",
          () => reserve(...given),
          (answer) => (typeof answer === "function" ? "Success" : unlessRejected(answer)),
        ),
    }),
    ...(permit && { permit: (...given) => timedWork("Permit", () => permit(...given), unlessRejected) }),
    ...(preBind && { preBind: (...given) => timedWork("PreBind", () => preBind(...given), done) }),
    ...(bind && {
      bind: (...given) =>
        timedWork(
          "Bind",
          () => bind(...given),
          (isBound) => (isBound ? "Success" : "Skip"),
        ),
    }),
    ...(postBind && { postBind: (...given) => timed("PostBind", () => postBind(...given), done) }),
  };
}
