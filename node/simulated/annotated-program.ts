import { parseDuration } from "@kubets/machinery";
import type { Program, ProgramRule } from "./programs.ts";

/** In front of every annotation that says what the containers of a Pod do on a simulated node. */
const prefix = "simulated.kubets.dev/";

/**
 * What the annotations of a Pod say that its containers do, for clusters without functions in TypeScript:
 *
 * - `simulated.kubets.dev/ready` and `…/live`: `"false"` fails the probe; asked anew at every probe of a Pod that has one of them from its start;
 * - `…/logs`: what each container has written at its start, in lines;
 * - `…/answer`: what its ports answer to every HTTP request;
 * - `…/run-for` and `…/exit-code`: after which time (such as `5s`), and how, it ends by itself.
 *
 * A Pod with none of them is left to the next rule, and so is what can't be read.
 */
export const annotatedProgram: ProgramRule = ({ pod }) => {
  const annotations = Object.entries(pod.metadata.annotations ?? {}).filter(([name]) => name.startsWith(prefix));
  if (annotations.length === 0) return undefined;
  const said: Readonly<Record<string, string>> = Object.fromEntries(annotations.map(([name, text]) => [name.slice(prefix.length), text]));
  const { ready, live, logs, answer, "run-for": runFor, "exit-code": exitCode } = said;
  const duration = runFor === undefined ? undefined : parseDuration(runFor);
  return {
    // Functions, since those are asked again: annotations may change while the Pod runs.
    ...(ready === undefined ? {} : { ready: () => ready !== "false" }),
    ...(live === undefined ? {} : { live: () => live !== "false" }),
    ...(logs === undefined ? {} : { logs: logs.split("\n").map((text) => ({ at: 0, text })) }),
    ...(answer === undefined ? {} : { http: () => ({ body: answer }) }),
    ...(duration === undefined ? {} : { runFor: Number(duration / 1_000_000n) }),
    ...(exitCode === undefined || !/^\d{1,3}$/.test(exitCode) ? {} : { exitCode: Number(exitCode) }),
  } satisfies Program;
};
