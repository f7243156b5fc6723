import type { KeyPair } from "../../certificates/index.ts";
import { readConnection, readLeaderElection, readServing } from "../common-settings.ts";
import type { ElectedComponentSettings } from "../elected-component.ts";
import { defined, type FlagReader } from "../flag-reader.ts";
import { FlagError } from "../flags.ts";
import { readConcurrency } from "./concurrency.ts";
import { controllerManagerPort } from "./flags.ts";
import type { ControllersOptions } from "@kubets/controller-manager";

type FromFlags = Pick<
  ControllersOptions,
  "autoscaling" | "legacyTokens" | "longestCertificateLife" | "nodeIpam" | "nodeLifecycle" | "podGarbage" | "rootCertificate"
>;

/** What the flags of a controller manager ask for. */
export interface ControllerManagerSettings extends ElectedComponentSettings {
  readonly controllers: readonly string[];
  /** How many keys a controller works on at once, by its name. */
  readonly workers: ReadonlyMap<string, number>;
  /** Each controller works as itself; else all work as the manager does. */
  readonly asThemselves: boolean;
  /** PEM of the key that signs tokens. */
  readonly signingKey?: string;
  readonly authority?: KeyPair;
  readonly of: FromFlags;
}

/** Throws a {@link FlagError} for what can't be done. */
export function readControllerManagerSettings(given: FlagReader): ControllerManagerSettings {
  const { milliseconds, number } = given;
  return {
    connection: readConnection(given),
    controllers: given.list("controllers") ?? ["*"],
    workers: readConcurrency(given),
    asThemselves: given.isOn("use-service-account-credentials", false),
    of: {
      nodeLifecycle: {
        gracePeriods: defined({ silence: milliseconds("node-monitor-grace-period"), startup: milliseconds("node-startup-grace-period") }),
        evictionRates: defined({
          rate: number("node-eviction-rate"),
          secondaryRate: number("secondary-node-eviction-rate"),
          largeClusterSize: number("large-cluster-size-threshold"),
          unhealthyShare: number("unhealthy-zone-threshold"),
        }),
      },
      podGarbage: defined({ endedPodsKept: number("terminated-pod-gc-threshold") }),
      legacyTokens: defined({ period: milliseconds("legacy-service-account-token-clean-up-period") }),
      autoscaling: {
        ...defined({
          period: milliseconds("horizontal-pod-autoscaler-sync-period"),
          tolerance: number("horizontal-pod-autoscaler-tolerance"),
        }),
        delays: {
          cpuInitialization: milliseconds("horizontal-pod-autoscaler-cpu-initialization-period") ?? 300_000,
          initialReadiness: milliseconds("horizontal-pod-autoscaler-initial-readiness-delay") ?? 30_000,
        },
      },
      ...defined({
        rootCertificate: given.file("root-ca-file"),
        longestCertificateLife: milliseconds("cluster-signing-duration"),
        nodeIpam: nodeIpam(given),
      }),
    },
    ...defined({
      serving: readServing(given, { defaultPort: controllerManagerPort }),
      leaderElection: readLeaderElection(given, { name: "kube-controller-manager" }),
      signingKey: given.file("service-account-private-key-file"),
      authority: given.pair("cluster-signing-cert-file", "cluster-signing-key-file"),
    }),
  };
}

function nodeIpam(given: FlagReader): FromFlags["nodeIpam"] {
  if (!given.isOn("allocate-node-cidrs", false)) return undefined;
  const clusterRanges = given.list("cluster-cidr") ?? [];
  if (clusterRanges.length === 0) throw new FlagError("--allocate-node-cidrs needs the ranges to allocate from: --cluster-cidr");
  const length = given.number("node-cidr-mask-size");
  if (length !== undefined && clusterRanges.length > 1)
    throw new FlagError(
      "--node-cidr-mask-size is for clusters of one IP family; give --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6",
    );
  return {
    clusterRanges,
    nodeLengths: defined({
      IPv4: length ?? given.number("node-cidr-mask-size-ipv4"),
      IPv6: length ?? given.number("node-cidr-mask-size-ipv6"),
    }),
    ...defined({ serviceRanges: given.list("service-cluster-ip-range") }),
  };
}
