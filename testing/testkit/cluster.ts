import type { AnyController, Client } from "@kubets/client";
import type { ControlPlane, ControlPlaneOptions, Surroundings } from "@kubets/distribution/control-plane";
import type { Clock, Instant, KubernetesObject, TaskFailure, Tasks, UserInfo } from "@kubets/machinery";
import type { PluginUse, Profile } from "@kubets/scheduler";
import type { ProgramRule, SimulatedNodeSpec } from "@kubets/simulated";
import type { Store } from "@kubets/store";
import type { ReadClient } from "./at-revision.ts";
import type { ClusterSnapshot } from "./cluster-snapshot.ts";
import type { FaultPlan, Faults } from "./faults.ts";

export interface ClusterOptions {
  /** How many simulated nodes, or which; 1 when absent. */
  readonly nodes?: number | readonly SimulatedNodeSpec[];
  /** What containers on them do, by image or by any other rule. Without one, they run until they are stopped. */
  readonly programs?: readonly ProgramRule[];
  /**
   * How often the nodes renew their Leases, as `"5m"` or milliseconds; every 10 s when absent. Seldom makes long tests fast. A status in which
   * nothing has changed is reported thirty times as seldom, and every 5 min at most.
   */
  readonly heartbeat?: string | number;
  /** `test`: the clock stands still until the test moves it. `system`: it runs. */
  readonly clock?: "test" | "system";
  /** When a test clock begins; the machine's time when absent. */
  readonly startTime?: Instant;
  /** The same seed gives the same cluster. A random one when absent; it is `cluster.seed`. */
  readonly seed?: number;
  /** An empty memory store when absent. It is not closed with the cluster. */
  readonly store?: (surroundings: Surroundings) => Promise<Store>;
  /** All of Kubernetes' own when absent, none, or some as `--controllers` names them: `["deployment", "replicaset"]`, `["*", "-job"]`. */
  readonly controllers?: boolean | readonly string[];
  /** Your own. They run beside Kubernetes' own, as the administrator. */
  readonly operators?: readonly AnyController[];
  /** What goes wrong for them and for everyone over HTTPS, by the seed; nothing when absent. See {@link Cluster.faults}. */
  readonly faults?: Faults;
  readonly scheduler?: boolean;
  /** Serves `metrics.k8s.io`: what the programs of containers say that they use. */
  readonly metricsServer?: boolean;
  /** From which Services of type LoadBalancer get their addresses, such as `203.0.113.0/24`; they wait for one when absent. */
  readonly loadBalancerRange?: string;
  /** Scheduler plugins of your own, asked after Kubernetes' own. */
  readonly plugins?: readonly PluginUse[];
  /** In place of the default profile: what `spec.schedulerName` of Pods may name. */
  readonly profiles?: readonly Profile[];
  /** Where the `kubernetes` Service leads; there is none when absent. */
  readonly apiServer?: ControlPlaneOptions["apiServer"];
  /** PEM that Pods find beside their token, published in every namespace; nothing is when absent. */
  readonly rootCertificate?: string;
  /** Which API versions are served, as `--runtime-config` says it: `api/beta=true`. The stable ones when absent. */
  readonly runtimeConfig?: string;
  /** Signs approved requests for certificates; nothing is signed when absent. */
  readonly authority?: ControlPlaneOptions["authority"];
  /** Whatever else the API server is given, such as a dialer to its nodes. */
  readonly server?: ControlPlaneOptions["server"];
  /** Begins where another cluster was: a snapshot, or the path of a file that holds one. Nodes, time and chance come from it. */
  readonly snapshot?: ClusterSnapshot | string;
}

export interface ClusterClock extends Clock {
  /** Moves a test clock, as `"30d"`, `"1h30m"` or milliseconds; everything that is due on the way happens. */
  advance(duration: string | number): Promise<void>;
}

export interface SettleOptions {
  /** How long it may take; 10 when absent. */
  readonly seconds?: number;
  /**
   * Once {@link Cluster.url} has been asked for: how many milliseconds of the machine's time must have passed without a request from
   * outside. 100 when absent.
   */
  readonly quiet?: number;
}

/** A whole Kubernetes cluster in this process. */
export interface Cluster extends AsyncDisposable {
  /** As the cluster's administrator. */
  readonly client: Client;
  readonly clock: ClusterClock;
  readonly seed: number;
  readonly tasks: Tasks;
  readonly controlPlane: ControlPlane;
  /** `https://127.0.0.1:PORT`, for clients in any language. The listener and its certificates are made at the first use. */
  readonly url: Promise<string>;
  /** The text of a kubeconfig for {@link url}, as the administrator. */
  readonly kubeconfig: Promise<string>;
  /** A client as anybody else. */
  as(user: UserInfo): Client;
  /**
   * Creates every object of the manifest, one after the other, or merges it into the one that is there. Custom objects may come once the cluster
   * has settled after their definition.
   */
  apply(manifest: string): Promise<readonly KubernetesObject[]>;
  /**
   * Resolves when nothing moves any more and no timer is due. Rejects with a `NotSettledError` that says what still moves.
   */
  settle(options?: SettleOptions): Promise<void>;
  /** Everything in the cluster at this moment. It must be settled: refused with the names of what moves otherwise. */
  snapshot(): Promise<ClusterSnapshot>;
  /**
   * Another cluster that begins as this one is now; neither knows of the other afterwards. This one must be settled. Resolves as soon as
   * the fork answers; its controllers begin anew, which `settle()` waits for.
   */
  fork(): Promise<Cluster>;
  /** Reads the cluster as it was at a revision, as long as the history goes back. */
  at(revision: number | string): ReadClient;
  /**
   * Why an object is as it is, to be read by people: its state, what holds it up, its revisions with who wrote them and because of what,
   * its Events. `object` is as kubectl takes it, `deployment/web` or `pods/web`, in `default` unless told otherwise. It may be gone.
   */
  explain(object: string, options?: { readonly namespace?: string }): Promise<string>;
  /** What went wrong so far, when that was asked for. */
  readonly faults?: FaultPlan;
  /** What failed in the background since the start. Empty in a healthy cluster. */
  readonly failures: readonly TaskFailure[];
}
