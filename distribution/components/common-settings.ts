import type { KeyPair } from "../certificates/index.ts";
import { defined, type FlagReader } from "./flag-reader.ts";
import { FlagError } from "./flags.ts";

/** Where the API server is, and as whom it is asked. Without a file: what a Pod finds of its service account. */
export interface ConnectionSettings {
  readonly kubeconfig?: string;
  readonly server?: string;
}

export function readConnection({ text }: FlagReader): ConnectionSettings {
  return defined({ kubeconfig: text("kubeconfig"), server: text("master") });
}

/** How a component tells of itself over HTTPS. */
export interface ServingSettings {
  readonly host: string;
  readonly port: number;
  readonly certificate?: KeyPair;
  /** Where the certificate lies, or is made. */
  readonly directory?: string;
  /** PEM of the CAs of callers. */
  readonly clientAuthority?: string;
  /** Whether the cluster is asked for them when they aren't given. */
  readonly looksUpClientAuthority: boolean;
  /** As whom callers' tokens are reviewed, and what they may do is asked for. */
  readonly authentication?: string;
  readonly authorization?: string;
  /** Paths, those that end in `*` with all below. */
  readonly open: readonly string[];
  /** Milliseconds. */
  readonly allowedFor: number;
  readonly deniedFor: number;
}

/** `undefined`: the component listens nowhere (`--secure-port=0`). */
export function readServing(given: FlagReader, { defaultPort }: { readonly defaultPort: number }): ServingSettings | undefined {
  const port = given.number("secure-port") ?? defaultPort;
  if (port < 0 || port > 65_535)
    throw new FlagError(`--secure-port ${port} must be between 0 and 65535, inclusive. 0 for turning off secure port`);
  if (port === 0) return undefined;
  return {
    host: given.text("bind-address") ?? "0.0.0.0",
    port,
    looksUpClientAuthority: !given.isOn("authentication-skip-lookup", false),
    open: given.list("authorization-always-allow-paths") ?? ["/healthz", "/readyz", "/livez"],
    allowedFor: given.milliseconds("authorization-webhook-cache-authorized-ttl") ?? 10_000,
    deniedFor: given.milliseconds("authorization-webhook-cache-unauthorized-ttl") ?? 10_000,
    ...defined({
      certificate: given.pair("tls-cert-file", "tls-private-key-file"),
      directory: given.text("cert-dir"),
      clientAuthority: given.file("client-ca-file"),
      authentication: given.text("authentication-kubeconfig"),
      authorization: given.text("authorization-kubeconfig"),
    }),
  };
}

/** By which Lease one of several processes is chosen, and how soon another takes its place; milliseconds. */
export interface LeaderElectionSettings {
  readonly lease: { readonly namespace: string; readonly name: string };
  readonly leaseDuration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
}

/** What a configuration file may say of it as well; a flag counts more. */
export interface LeaderElectionDefaults {
  readonly name: string;
  readonly namespace?: string;
  readonly elects?: boolean;
  readonly leaseDuration?: number;
  readonly renewDeadline?: number;
  readonly retryPeriod?: number;
}

/** `undefined`: this process works without asking (`--leader-elect=false`). */
export function readLeaderElection(given: FlagReader, defaults: LeaderElectionDefaults): LeaderElectionSettings | undefined {
  if (!given.isOn("leader-elect", defaults.elects ?? true)) return undefined;
  const settings = {
    lease: {
      namespace: given.text("leader-elect-resource-namespace") ?? defaults.namespace ?? "kube-system",
      name: given.text("leader-elect-resource-name") ?? defaults.name,
    },
    leaseDuration: given.milliseconds("leader-elect-lease-duration") ?? defaults.leaseDuration ?? 15_000,
    renewDeadline: given.milliseconds("leader-elect-renew-deadline") ?? defaults.renewDeadline ?? 10_000,
    retryPeriod: given.milliseconds("leader-elect-retry-period") ?? defaults.retryPeriod ?? 2_000,
  };
  const { leaseDuration, renewDeadline, retryPeriod } = settings;
  if (leaseDuration <= renewDeadline)
    throw new FlagError("--leader-elect-lease-duration must be greater than --leader-elect-renew-deadline");
  if (renewDeadline <= 1.2 * retryPeriod)
    throw new FlagError("--leader-elect-renew-deadline must be greater than --leader-elect-retry-period by a fifth");
  if (retryPeriod <= 0) throw new FlagError("--leader-elect-retry-period must be greater than zero");
  return settings;
}
