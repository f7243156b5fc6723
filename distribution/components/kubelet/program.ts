import { type Program, runProgram } from "../program.ts";
import { kubeletFlags } from "./flags.ts";
import type { KubeletSettings } from "./settings.ts";

const program: Program<KubeletSettings> = {
  name: "kubelet",
  summary: "The kubelet runs the Pods that are bound to its node, and says how they and the node do.",
  flags: kubeletFlags,
  read: async (given) => (await import("./settings.ts")).readKubeletSettings(given),
  start: async (settings, logger) => (await import("./kubelet.ts")).startKubeletProgram(settings, logger),
};

/** The program `kubelet`. Resolves with the exit code once it has ended. */
export function runKubeletProgram(args: readonly string[]): Promise<number> {
  return runProgram(program, args);
}
