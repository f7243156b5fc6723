/** A component as a process of its own: its subcommand, what it is in a sentence, and its program, which reads its own flags. */
export interface ComponentCommand {
  readonly name: string;
  readonly description: string;
  readonly run: (args: readonly string[]) => Promise<number>;
}

/** Every component, imported only when it is asked for. */
export const componentCommands: readonly ComponentCommand[] = [
  {
    name: "apiserver",
    description: "an API server alone, with kube-apiserver's flags",
    run: async (args) => (await import("../envtest/api-server-program.ts")).runApiServer(args),
  },
  {
    name: "controller-manager",
    description: "the controllers alone, with kube-controller-manager's flags",
    run: async (args) => (await import("./controller-manager/program.ts")).runControllerManagerProgram(args),
  },
  {
    name: "scheduler",
    description: "a scheduler alone, with kube-scheduler's flags",
    run: async (args) => (await import("./scheduler/program.ts")).runSchedulerProgram(args),
  },
  {
    name: "cloud-controller-manager",
    description: "the controllers of the local cloud alone, with cloud-controller-manager's flags",
    run: async (args) => (await import("./cloud-controller-manager/program.ts")).runCloudControllerManagerProgram(args),
  },
  {
    name: "kubelet",
    description: "a kubelet alone, with kubelet's flags, over a container runtime that is there",
    run: async (args) => (await import("./kubelet/program.ts")).runKubeletProgram(args),
  },
  {
    name: "proxy",
    description: "a service proxy alone, with kube-proxy's flags",
    run: async (args) => (await import("./proxy/program.ts")).runProxyProgram(args),
  },
  {
    name: "dns",
    description: "the names of a cluster alone",
    run: async (args) => (await import("./dns/program.ts")).runDnsProgram(args),
  },
];
