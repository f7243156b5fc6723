import { readConnection, readLeaderElection, readServing } from "../common-settings.ts";
import { defined, type FlagReader } from "../flag-reader.ts";
import { type Program, runProgram } from "../program.ts";
import { schedulerFlags, schedulerPort } from "./flags.ts";
import type { SchedulerProgramSettings } from "./scheduler.ts";

const program: Program<SchedulerProgramSettings> = {
  name: "kube-scheduler",
  summary: "The Kubernetes scheduler gives every Pod the node that suits it best, of those that fit.",
  flags: schedulerFlags,
  read,
  start: async (settings, logger) => (await import("./scheduler.ts")).startSchedulerProgram(settings, logger),
};

async function read(given: FlagReader): Promise<SchedulerProgramSettings> {
  const path = given.text("config");
  const { kubeconfig, leaderElection, ...scheduler } =
    path === undefined
      ? { leaderElection: { name: "kube-scheduler" } }
      : (await import("./configuration.ts")).readSchedulerConfiguration(path);
  return {
    connection: { ...defined({ kubeconfig }), ...readConnection(given) },
    scheduler,
    ...defined({
      serving: readServing(given, { defaultPort: schedulerPort }),
      leaderElection: readLeaderElection(given, leaderElection),
    }),
  };
}

/** The program `kube-scheduler`. Resolves with the exit code once it has ended. */
export function runSchedulerProgram(args: readonly string[]): Promise<number> {
  return runProgram(program, args);
}
