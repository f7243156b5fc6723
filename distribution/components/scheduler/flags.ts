import { connectionFlags, featureFlags, leaderElectionFlags, loggingFlags, only, servingFlags, used } from "../common-flags.ts";
import type { Flag } from "../flags.ts";

export const schedulerPort = 10_259;

/** kube-scheduler's flags of v1.36. */
export const schedulerFlags: readonly Flag[] = [
  used("config", "string", "a KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1); flags count more than what it says"),
  ...connectionFlags,
  ...servingFlags(schedulerPort),
  ...leaderElectionFlags("kube-scheduler"),
  ...loggingFlags,
  ...featureFlags,
  ...only("write-config-to", "string", [""], "a configuration is read, not written"),
  ...only(
    "pod-max-in-unschedulable-pods-duration",
    "duration",
    ["5m"],
    "a Pod without a node is looked at again after five minutes at most",
  ),
];
