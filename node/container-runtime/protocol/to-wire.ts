import type { ContainerConfig, ContainerFilter, ContainerSecurity, ContainerState, LinuxContainerResources, Mount } from "../container.ts";
import type { RegistryCredentials } from "../image.ts";
import type {
  IdMapping,
  NamespaceMode,
  NamespaceOptions,
  PodSandboxConfig,
  PodSandboxFilter,
  PortMapping,
  SandboxSecurity,
  SecurityProfile,
} from "../pod-sandbox.ts";
import type { WriteMessage } from "./cri.ts";
import { containerStates, namespaceModes, propagations, protocols, sandboxStates, seccompTypes, signals } from "./enums.ts";

// What kubelets ask for, as the messages of CRI v1. An absent value stays absent, so the runtime's own default holds.

export function sandboxConfigToWire(config: PodSandboxConfig): WriteMessage<"PodSandboxConfig"> {
  return {
    metadata: config.metadata,
    hostname: config.hostname ?? "",
    logDirectory: config.logDirectory,
    dnsConfig: config.dns,
    portMappings: (config.portMappings ?? []).map(portMappingToWire),
    labels: config.labels,
    annotations: config.annotations,
    linux: {
      cgroupParent: config.cgroupParent ?? "",
      sysctls: config.sysctls ?? {},
      securityContext: sandboxSecurityToWire(config.security),
      ...optional("resources", config.resources, resourcesToWire),
      ...optional("overhead", config.overhead, resourcesToWire),
    },
  };
}

export function containerConfigToWire(config: ContainerConfig): WriteMessage<"ContainerConfig"> {
  return {
    metadata: config.metadata,
    image: { image: config.image, userSpecifiedImage: config.userSpecifiedImage ?? "" },
    command: config.command ?? [],
    args: config.args ?? [],
    workingDir: config.workingDirectory ?? "",
    envs: (config.environment ?? []).map(({ name, value }) => ({ key: name, value: utf8.encode(value) })),
    mounts: (config.mounts ?? []).map(mountToWire),
    devices: config.devices ?? [],
    cdiDevices: (config.cdiDevices ?? []).map((name) => ({ name })),
    labels: config.labels,
    annotations: config.annotations,
    logPath: config.logPath,
    stdin: config.stdin ?? false,
    stdinOnce: config.stdinOnce ?? false,
    tty: config.tty ?? false,
    stopSignal: config.stopSignal === undefined ? 0 : Math.max(0, signals.indexOf(config.stopSignal)),
    linux: {
      resources: resourcesToWire(config.resources ?? {}),
      securityContext: containerSecurityToWire(config.security),
    },
  };
}

export function resourcesToWire(resources: LinuxContainerResources): WriteMessage<"LinuxContainerResources"> {
  return {
    cpuPeriod: long(resources.cpuPeriod),
    cpuQuota: long(resources.cpuQuota),
    cpuShares: long(resources.cpuShares),
    memoryLimitInBytes: long(resources.memoryLimitBytes),
    memorySwapLimitInBytes: long(resources.memorySwapLimitBytes),
    oomScoreAdj: long(resources.oomScoreAdjust),
    cpusetCpus: resources.cpusetCpus ?? "",
    cpusetMems: resources.cpusetMems ?? "",
    hugepageLimits: (resources.hugepageLimits ?? []).map(({ pageSize, limit }) => ({ pageSize, limit: long(limit) })),
    unified: resources.unified ?? {},
  };
}

export function sandboxFilterToWire({ id, state, labels }: PodSandboxFilter): WriteMessage<"PodSandboxFilter"> {
  return {
    id: id ?? "",
    labelSelector: labels ?? {},
    ...optional("state", state, (state) => ({ state: sandboxStates.indexOf(state) })),
  };
}

export function containerFilterToWire({ id, sandbox, state, labels }: ContainerFilter): WriteMessage<"ContainerFilter"> {
  return {
    id: id ?? "",
    podSandboxId: sandbox ?? "",
    labelSelector: labels ?? {},
    ...optional("state", state, (state: ContainerState) => ({ state: containerStates.indexOf(state) })),
  };
}

export function credentialsToWire(credentials: RegistryCredentials): WriteMessage<"AuthConfig"> {
  return credentials;
}

function portMappingToWire({ protocol, containerPort, hostPort, hostIP }: PortMapping): WriteMessage<"PortMapping"> {
  return { protocol: protocols.indexOf(protocol), containerPort, hostPort: hostPort ?? 0, hostIp: hostIP ?? "" };
}

function mountToWire(mount: Mount): WriteMessage<"Mount"> {
  return {
    containerPath: mount.containerPath,
    hostPath: mount.hostPath,
    readonly: mount.readonly ?? false,
    recursiveReadOnly: mount.recursiveReadOnly ?? false,
    selinuxRelabel: mount.selinuxRelabel ?? false,
    propagation: propagations.indexOf(mount.propagation ?? "None"),
  };
}

function sandboxSecurityToWire(security: SandboxSecurity): WriteMessage<"LinuxSandboxSecurityContext"> {
  return {
    namespaceOptions: namespacesToWire(security.namespaces),
    privileged: security.privileged ?? false,
    readonlyRootfs: security.readonlyRootfs ?? false,
    ...identityToWire(security),
    ...profilesToWire(security),
  };
}

function containerSecurityToWire(security: ContainerSecurity): WriteMessage<"LinuxContainerSecurityContext"> {
  return {
    ...optional("capabilities", security.capabilities, ({ add, drop }) => ({ addCapabilities: add, dropCapabilities: drop })),
    privileged: security.privileged ?? false,
    namespaceOptions: namespacesToWire(security.namespaces),
    runAsUsername: security.runAsUsername ?? "",
    readonlyRootfs: security.readonlyRootfs ?? false,
    noNewPrivs: security.noNewPrivileges ?? false,
    maskedPaths: security.maskedPaths ?? [],
    readonlyPaths: security.readonlyPaths ?? [],
    ...identityToWire(security),
    ...profilesToWire(security),
  };
}

type Identity = Pick<
  WriteMessage<"LinuxSandboxSecurityContext">,
  "runAsUser" | "runAsGroup" | "supplementalGroups" | "supplementalGroupsPolicy"
>;

function identityToWire(security: SandboxSecurity): Identity {
  return {
    ...optional("runAsUser", security.runAsUser, (value) => ({ value: long(value) })),
    ...optional("runAsGroup", security.runAsGroup, (value) => ({ value: long(value) })),
    supplementalGroups: (security.supplementalGroups ?? []).map(long),
    supplementalGroupsPolicy: security.supplementalGroupsPolicy === "Strict" ? 1 : 0,
  };
}

function profilesToWire(
  security: SandboxSecurity,
): Pick<WriteMessage<"LinuxSandboxSecurityContext">, "seccomp" | "apparmor" | "selinuxOptions"> {
  return {
    ...optional("seccomp", security.seccomp, profileToWire),
    ...optional("apparmor", security.apparmor, profileToWire),
    ...optional("selinuxOptions", security.selinux, (selinux) => selinux),
  };
}

function profileToWire(profile: SecurityProfile): WriteMessage<"SecurityProfile"> {
  return {
    profileType: seccompTypes.indexOf(profile.type),
    localhostRef: profile.type === "Localhost" ? profile.localhostRef : "",
  };
}

function namespacesToWire({ network, pid, ipc, targetId, users }: NamespaceOptions): WriteMessage<"NamespaceOption"> {
  return {
    network: modeToWire(network),
    pid: modeToWire(pid),
    ipc: modeToWire(ipc),
    targetId: targetId ?? "",
    ...optional("usernsOptions", users, ({ mode, uids, gids }) => ({
      mode: modeToWire(mode),
      uids: uids.map(mappingToWire),
      gids: gids.map(mappingToWire),
    })),
  };
}

function modeToWire(mode: NamespaceMode): number {
  return namespaceModes.indexOf(mode);
}

function mappingToWire(mapping: IdMapping): WriteMessage<"IDMapping"> {
  return mapping;
}

function long(value: number | undefined): bigint {
  return BigInt(Math.trunc(value ?? 0));
}

function optional<const Key extends string, Value, Result>(
  key: Key,
  value: Value | undefined,
  convert: (value: Value) => Result,
): { readonly [K in Key]?: Result } {
  return (value === undefined ? {} : { [key]: convert(value) }) as { readonly [K in Key]?: Result };
}

const utf8 = new TextEncoder();
