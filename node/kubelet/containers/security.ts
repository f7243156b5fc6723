import type { Container, Pod, SeccompProfile } from "@kubets/api";
import type { ContainerSecurity, Image, NamespaceOptions, SecurityProfile } from "@kubets/container-runtime";
import type { Layout } from "../layout.ts";
import { CreateContainerConfigError } from "./environment.ts";

// Parts of /proc that tell of, or change, the node.
const maskedPaths = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

export function seccompOf(profile: SeccompProfile | undefined, { seccompProfiles }: Layout): SecurityProfile | undefined {
  if (profile === undefined) return undefined;
  if (profile.type !== "Localhost") return { type: profile.type };
  return { type: "Localhost", localhostRef: `${seccompProfiles}/${profile.localhostProfile ?? ""}` };
}

export function namespacesOf({ spec }: Pod): NamespaceOptions {
  return {
    network: spec.hostNetwork === true ? "node" : "pod",
    pid: spec.hostPID === true ? "node" : spec.shareProcessNamespace === true ? "pod" : "container",
    ipc: spec.hostIPC === true ? "node" : "pod",
  };
}

export function groupsOf({ spec }: Pod): readonly number[] {
  const { fsGroup, supplementalGroups = [] } = spec.securityContext;
  return [...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])];
}

/** With which rights a container runs: what it says itself, else what its Pod says, else what its image says. */
export function containerSecurity(
  pod: Pod,
  container: Container,
  image: Pick<Image, "uid" | "username">,
  options: { readonly layout: Layout; readonly targetId?: string },
): ContainerSecurity {
  const ofPod = pod.spec.securityContext;
  const own = container.securityContext ?? {};
  const user = own.runAsUser ?? ofPod.runAsUser;
  const group = own.runAsGroup ?? ofPod.runAsGroup;
  if (own.runAsNonRoot ?? ofPod.runAsNonRoot ?? false) refuseRoot(pod, container, user, image);
  const seccomp = seccompOf(own.seccompProfile ?? ofPod.seccompProfile, options.layout);
  const apparmor = own.appArmorProfile ?? ofPod.appArmorProfile;
  const unmasked = own.privileged === true || own.procMount === "Unmasked";
  const namespaces = namespacesOf(pod);
  return {
    namespaces: options.targetId === undefined ? namespaces : { ...namespaces, pid: "target", targetId: options.targetId },
    privileged: own.privileged ?? false,
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    ...(user === undefined ? (image.uid === undefined ? {} : { runAsUser: image.uid }) : { runAsUser: user }),
    ...(user === undefined && image.uid === undefined && (image.username ?? "") !== "" ? { runAsUsername: image.username! } : {}),
    ...(group === undefined ? {} : { runAsGroup: group }),
    supplementalGroups: groupsOf(pod),
    ...(ofPod.supplementalGroupsPolicy === undefined ? {} : { supplementalGroupsPolicy: ofPod.supplementalGroupsPolicy }),
    ...(seccomp === undefined ? {} : { seccomp }),
    ...(apparmor === undefined
      ? {}
      : {
          apparmor:
            apparmor.type === "Localhost"
              ? { type: "Localhost" as const, localhostRef: apparmor.localhostProfile ?? "" }
              : { type: apparmor.type },
        }),
    ...(own.capabilities === undefined ? {} : { capabilities: { add: own.capabilities.add ?? [], drop: own.capabilities.drop ?? [] } }),
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    maskedPaths: unmasked ? [] : maskedPaths,
    readonlyPaths: unmasked ? [] : readonlyPaths,
  };
}

function refuseRoot({ metadata }: Pod, { name }: Container, user: number | undefined, image: Pick<Image, "uid" | "username">): void {
  const where = `(pod: "${metadata.name}_${metadata.namespace}(${metadata.uid})", container: ${name})`;
  if (user !== undefined) {
    if (user === 0) throw new CreateContainerConfigError(`container's runAsUser breaks non-root policy ${where}`);
    return;
  }
  if (image.uid === 0 || (image.uid === undefined && (image.username ?? "") === "")) {
    throw new CreateContainerConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
  if (image.uid === undefined) {
    throw new CreateContainerConfigError(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`,
    );
  }
}
