import type { LinuxContainerResources } from "./container.ts";
import type { Instant } from "@kubets/machinery";

export type PodSandboxId = string & { readonly [brand]: "PodSandboxId" };
declare const brand: unique symbol;

export type Labels = Readonly<Record<string, string>>;

export interface PodSandboxMetadata {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  /** Counts the sandboxes of one Pod. */
  readonly attempt: number;
}

export interface PodSandboxConfig {
  readonly metadata: PodSandboxMetadata;
  /** Left out for a Pod of the node's network: it has the node's. */
  readonly hostname?: string;
  /** Directory of the Pod's container logs. */
  readonly logDirectory: string;
  /** Absent: the node's resolv.conf. */
  readonly dns?: { readonly servers: readonly string[]; readonly searches: readonly string[]; readonly options: readonly string[] };
  readonly portMappings?: readonly PortMapping[];
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Such as `/kubepods/burstable/pod1234`; it must exist. */
  readonly cgroupParent?: string;
  readonly sysctls?: Labels;
  readonly security: SandboxSecurity;
  /** What the Pod as a whole asks for and its overhead; information for the runtime. */
  readonly resources?: LinuxContainerResources;
  readonly overhead?: LinuxContainerResources;
}

export interface PortMapping {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly containerPort: number;
  /** 0 or absent: not published. */
  readonly hostPort?: number;
  readonly hostIP?: string;
}

/** Whose namespace: the Pod's, the container's own, the node's, or that of the container `targetId`. */
export type NamespaceMode = "pod" | "container" | "node" | "target";

export interface NamespaceOptions {
  readonly network: NamespaceMode;
  readonly pid: NamespaceMode;
  readonly ipc: NamespaceMode;
  /** The container whose process namespace is shared, for `pid: "target"`. */
  readonly targetId?: string;
  /** Absent: the node's users. */
  readonly users?: { readonly mode: "pod" | "node"; readonly uids: readonly IdMapping[]; readonly gids: readonly IdMapping[] };
}

export interface IdMapping {
  readonly hostId: number;
  readonly containerId: number;
  readonly length: number;
}

export interface SandboxSecurity {
  readonly namespaces: NamespaceOptions;
  readonly privileged?: boolean;
  readonly readonlyRootfs?: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly supplementalGroups?: readonly number[];
  readonly supplementalGroupsPolicy?: "Merge" | "Strict";
  readonly seccomp?: SecurityProfile;
  readonly apparmor?: SecurityProfile;
  readonly selinux?: SelinuxOptions;
}

/** `localhostRef` is a file's path (seccomp) or the name of a loaded profile (AppArmor). */
export type SecurityProfile =
  | { readonly type: "RuntimeDefault" | "Unconfined" }
  | { readonly type: "Localhost"; readonly localhostRef: string };

export interface SelinuxOptions {
  readonly user?: string;
  readonly role?: string;
  readonly type?: string;
  readonly level?: string;
}

export interface PodSandbox {
  readonly id: PodSandboxId;
  readonly metadata: PodSandboxMetadata;
  readonly state: "ready" | "notReady";
  readonly createdAt: Instant;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly runtimeHandler: string;
}

export interface PodSandboxStatus extends PodSandbox {
  /** The Pod's addresses, the first one first. Empty on the node's network. */
  readonly ips: readonly string[];
  readonly networkNamespace: NamespaceMode;
}

export interface PodSandboxFilter {
  readonly id?: PodSandboxId;
  readonly state?: PodSandbox["state"];
  readonly labels?: Labels;
}
