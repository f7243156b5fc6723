import { flag, int64, integer, list, object, type Schema, string, struct, text } from "@kubets/machinery";

export interface PodSecurityContext {
  readonly seLinuxOptions?: SELinuxOptions;
  readonly windowsOptions?: WindowsSecurityContextOptions;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
  readonly supplementalGroups?: readonly number[];
  readonly supplementalGroupsPolicy?: "Merge" | "Strict";
  readonly fsGroup?: number;
  readonly sysctls?: readonly Sysctl[];
  readonly fsGroupChangePolicy?: "Always" | "OnRootMismatch";
  readonly seccompProfile?: SeccompProfile;
  readonly appArmorProfile?: AppArmorProfile;
  readonly seLinuxChangePolicy?: "MountOption" | "Recursive";
}

export interface SecurityContext {
  readonly capabilities?: Capabilities;
  readonly privileged?: boolean;
  readonly seLinuxOptions?: SELinuxOptions;
  readonly windowsOptions?: WindowsSecurityContextOptions;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly procMount?: "Default" | "Unmasked";
  readonly seccompProfile?: SeccompProfile;
  readonly appArmorProfile?: AppArmorProfile;
}

export interface Capabilities {
  readonly add?: readonly string[];
  readonly drop?: readonly string[];
}

export interface SELinuxOptions {
  readonly user?: string;
  readonly role?: string;
  readonly type?: string;
  readonly level?: string;
}

export interface SeccompProfile {
  readonly type: "Localhost" | "RuntimeDefault" | "Unconfined";
  readonly localhostProfile?: string;
}

export interface AppArmorProfile {
  readonly type: "Localhost" | "RuntimeDefault" | "Unconfined";
  readonly localhostProfile?: string;
}

export interface WindowsSecurityContextOptions {
  readonly gmsaCredentialSpecName?: string;
  readonly gmsaCredentialSpec?: string;
  readonly runAsUserName?: string;
  readonly hostProcess?: boolean;
}

export interface Sysctl {
  readonly name: string;
  readonly value: string;
}

export const seLinuxOptions: Schema<SELinuxOptions> = object<SELinuxOptions>("io.k8s.api.core.v1.SELinuxOptions", "An SELinux context.", {
  user: text({ field: 1, doc: "User part of the label." }),
  role: text({ field: 2, doc: "Role part of the label." }),
  type: text({ field: 3, doc: "Type part of the label." }),
  level: text({ field: 4, doc: "Level part of the label." }),
});

export const windowsSecurityContextOptions: Schema<WindowsSecurityContextOptions> = object<WindowsSecurityContextOptions>(
  "io.k8s.api.core.v1.WindowsSecurityContextOptions",
  "Security settings for Windows.",
  {
    gmsaCredentialSpecName: text({ field: 1, presence: "pointer", doc: "Name of the GMSA credential spec to use." }),
    gmsaCredentialSpec: text({
      field: 2,
      presence: "pointer",
      doc: "The GMSA credential spec itself, filled in by its admission webhook.",
    }),
    runAsUserName: text({ field: 3, presence: "pointer", doc: "User that runs the first process; the image's when absent." }),
    hostProcess: flag({
      field: 4,
      presence: "pointer",
      doc: "Run as a HostProcess container; all containers of a Pod must agree, and hostNetwork be set.",
    }),
  },
);

export const sysctl: Schema<Sysctl> = object<Sysctl>("io.k8s.api.core.v1.Sysctl", "A kernel parameter.", {
  name: text({ field: 1, required: true, doc: "Name of the parameter." }),
  value: text({ field: 2, required: true, mayBeEmpty: true, doc: "Value of the parameter." }),
});

export const seccompProfile: Schema<SeccompProfile> = object<SeccompProfile>(
  "io.k8s.api.core.v1.SeccompProfile",
  "A system-call filter.",
  {
    type: text({
      field: 1,
      enum: ["Localhost", "RuntimeDefault", "Unconfined"],
      required: true,
      doc: "Whether a file of the node, the runtime's default, or none applies.",
    }),
    localhostProfile: text({ field: 2, presence: "pointer", doc: "For Localhost: the file, relative to the kubelet's seccomp directory." }),
  },
  { union: { discriminator: "type", fields: ["localhostProfile"] } },
);

export const appArmorProfile: Schema<AppArmorProfile> = object<AppArmorProfile>(
  "io.k8s.api.core.v1.AppArmorProfile",
  "An AppArmor profile.",
  {
    type: text({
      field: 1,
      enum: ["Localhost", "RuntimeDefault", "Unconfined"],
      required: true,
      doc: "Whether a profile loaded on the node, the runtime's default, or none applies.",
    }),
    localhostProfile: text({ field: 2, presence: "pointer", doc: "For Localhost: name of the loaded profile." }),
  },
  { union: { discriminator: "type", fields: ["localhostProfile"] } },
);

export const podSecurityContext: Schema<PodSecurityContext> = object<PodSecurityContext>(
  "io.k8s.api.core.v1.PodSecurityContext",
  "Security settings of the Pod, and defaults for its containers.",
  {
    seLinuxOptions: struct(seLinuxOptions, { field: 1, presence: "pointer", doc: "SELinux context of all containers." }),
    windowsOptions: struct(windowsSecurityContextOptions, { field: 8, presence: "pointer", doc: "Settings for Windows." }),
    runAsUser: integer({
      field: 2,
      presence: "pointer",
      bits: 64,
      doc: "User id of the containers' first process; the image's when absent.",
    }),
    runAsGroup: integer({
      field: 6,
      presence: "pointer",
      bits: 64,
      doc: "Primary group id of the containers' first process; the runtime's default when absent.",
    }),
    runAsNonRoot: flag({ field: 3, presence: "pointer", doc: "Refuse to start a container that would run as user 0." }),
    supplementalGroups: list(int64, { field: 4, listType: "atomic", doc: "Further groups of each container's first process." }),
    supplementalGroupsPolicy: text({
      field: 12,
      presence: "pointer",
      enum: ["Merge", "Strict"],
      doc: "Whether the groups that the image lists for its user count as well.",
    }),
    fsGroup: integer({
      field: 5,
      presence: "pointer",
      bits: 64,
      doc: "Group that owns the Pod's volumes, where their kind allows it, and that every process is in.",
    }),
    sysctls: list(sysctl, { field: 7, listType: "atomic", doc: "Kernel parameters of the Pod's namespaces." }),
    fsGroupChangePolicy: text({
      field: 9,
      presence: "pointer",
      enum: ["Always", "OnRootMismatch"],
      doc: "Whether ownership is changed at every mount or only where the root of the volume is not right yet.",
    }),
    seccompProfile: struct(seccompProfile, { field: 10, presence: "pointer", doc: "System-call filter of the containers." }),
    appArmorProfile: struct(appArmorProfile, { field: 11, presence: "pointer", doc: "AppArmor profile of the containers." }),
    seLinuxChangePolicy: text({
      field: 13,
      presence: "pointer",
      enum: ["MountOption", "Recursive"],
      doc: "How volumes get their SELinux label: by mounting with it or by relabelling each file.",
    }),
  },
);

export const capabilities: Schema<Capabilities> = object<Capabilities>(
  "io.k8s.api.core.v1.Capabilities",
  "Linux capabilities relative to the runtime's default set.",
  {
    add: list(string, { field: 1, listType: "atomic", doc: "Capabilities to add, without the CAP_ prefix." }),
    drop: list(string, { field: 2, listType: "atomic", doc: "Capabilities to drop; ALL drops every one." }),
  },
);

export const securityContext: Schema<SecurityContext> = object<SecurityContext>(
  "io.k8s.api.core.v1.SecurityContext",
  "Security settings of one container; they win over those of the Pod.",
  {
    capabilities: struct(capabilities, {
      field: 1,
      presence: "pointer",
      doc: "Linux capabilities to add to and drop from the runtime's default set.",
    }),
    privileged: flag({ field: 2, presence: "pointer", doc: "Run with all rights of root on the node." }),
    seLinuxOptions: struct(seLinuxOptions, { field: 3, presence: "pointer", doc: "SELinux context of the container." }),
    windowsOptions: struct(windowsSecurityContextOptions, { field: 10, presence: "pointer", doc: "Settings for Windows." }),
    runAsUser: integer({ field: 4, presence: "pointer", bits: 64, doc: "User id of the first process; the image's when absent." }),
    runAsGroup: integer({
      field: 8,
      presence: "pointer",
      bits: 64,
      doc: "Primary group id of the first process; the runtime's default when absent.",
    }),
    runAsNonRoot: flag({ field: 5, presence: "pointer", doc: "Refuse to start if the container would run as user 0." }),
    readOnlyRootFilesystem: flag({ field: 6, presence: "pointer", doc: "Mount the container's root file system read-only." }),
    allowPrivilegeEscalation: flag({
      field: 7,
      presence: "pointer",
      doc: "Whether a process may gain more rights than its parent has (no_new_privs when false).",
    }),
    procMount: text({
      field: 9,
      presence: "pointer",
      enum: ["Default", "Unmasked"],
      doc: "How /proc is mounted; Default masks some paths, Unmasked needs a user namespace.",
    }),
    seccompProfile: struct(seccompProfile, { field: 11, presence: "pointer", doc: "System-call filter of the container." }),
    appArmorProfile: struct(appArmorProfile, { field: 12, presence: "pointer", doc: "AppArmor profile of the container." }),
  },
);
