import { connectionFlags, featureFlags, idle, leaderElectionFlags, loggingFlags, only, servingFlags, used } from "../common-flags.ts";
import { readConnection, readLeaderElection, readServing } from "../common-settings.ts";
import { defined, type FlagReader } from "../flag-reader.ts";
import { type Flag, FlagError } from "../flags.ts";
import { type Program, runProgram } from "../program.ts";
import type { CloudControllerManagerSettings } from "./cloud-controller-manager.ts";

const port = 10_258;

/** What upstream's framework gives every cloud's controller manager. */
export const cloudControllerManagerFlags: readonly Flag[] = [
  ...connectionFlags,
  ...servingFlags(port),
  ...leaderElectionFlags("cloud-controller-manager"),
  ...loggingFlags,
  ...featureFlags,
  used("cloud-provider", "string", "which cloud: local, this machine as one (default local)"),
  used(
    "load-balancer-range",
    "string",
    "from which range, such as 10.244.255.0/24, Services of type LoadBalancer get their addresses; kubets' own",
  ),
  used(
    "use-service-account-credentials",
    "switch",
    "each controller works as a service account of its own, by tokens that this one asks for",
  ),
  ...idle("cluster-name", "string", "the local cloud has one cluster"),
  ...idle("min-resync-period node-monitor-period node-status-update-frequency", "duration", "the local cloud has no machines to look at"),
  ...idle("controller-start-interval route-reconciliation-period", "duration", "they start at once; the local cloud has no routes"),
  ...idle("concurrent-service-syncs concurrent-node-syncs concurrent-node-status-updates", "int", "the local cloud answers at once"),
  ...idle("cluster-cidr", "string", "the local cloud has no routes"),
  ...only("controllers", "strings", ["*"], "the local cloud has one controller: service"),
  ...only("cloud-config", "string", [""], "the local cloud has nothing to configure"),
  ...only("allocate-node-cidrs", "switch", ["false"], "nodes get their ranges from the kube-controller-manager"),
  ...only("configure-cloud-routes", "switch", ["true", "false"], "the local cloud has no routes"),
  ...only("cidr-allocator-type", "string", ["RangeAllocator"], "nodes get their ranges from the kube-controller-manager"),
  ...only("enable-leader-migration", "switch", ["false"], "there is one lease for all controllers"),
  ...only("webhook-secure-port", "int", ["0"], "the local cloud has no webhooks"),
];

const program: Program<CloudControllerManagerSettings> = {
  name: "cloud-controller-manager",
  summary: "The cloud controller manager keeps a cluster and the cloud that it runs in together.",
  flags: cloudControllerManagerFlags,
  read,
  start: async (settings, logger) => (await import("./cloud-controller-manager.ts")).startCloudControllerManager(settings, logger),
};

function read(given: FlagReader): CloudControllerManagerSettings {
  const provider = given.text("cloud-provider") ?? "local";
  if (provider !== "local") throw new FlagError(`unknown cloud provider ${JSON.stringify(provider)}: there is local`);
  const range = given.text("load-balancer-range");
  if (range === undefined) throw new FlagError("--load-balancer-range must be given: from where Services get their addresses");
  return {
    connection: readConnection(given),
    range,
    asThemselves: given.isOn("use-service-account-credentials", false),
    ...defined({
      serving: readServing(given, { defaultPort: port }),
      leaderElection: readLeaderElection(given, { name: "cloud-controller-manager" }),
    }),
  };
}

/** The program `cloud-controller-manager`. Resolves with the exit code once it has ended. */
export function runCloudControllerManagerProgram(args: readonly string[]): Promise<number> {
  return runProgram(program, args);
}
