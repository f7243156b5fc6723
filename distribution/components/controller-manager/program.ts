import { type Program, runProgram } from "../program.ts";
import { controllerManagerFlags } from "./flags.ts";
import { type ControllerManagerSettings, readControllerManagerSettings } from "./settings.ts";

const program: Program<ControllerManagerSettings> = {
  name: "kube-controller-manager",
  summary: "The Kubernetes controller manager runs the control loops that move a cluster from its present state towards the wanted one.",
  flags: controllerManagerFlags,
  read: readControllerManagerSettings,
  start: async (settings, logger) => (await import("./controller-manager.ts")).startControllerManager(settings, logger),
};

/** The program `kube-controller-manager`. Resolves with the exit code once it has ended. */
export function runControllerManagerProgram(args: readonly string[]): Promise<number> {
  return runProgram(program, args);
}
