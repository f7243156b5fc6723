import { duplicate, type FieldError, forbidden, invalid, repeatedPlaces, required, tooLong } from "@kubets/machinery";
import type { PodSpec } from "../pod-spec.ts";
import type { AppArmorProfile, SeccompProfile, SecurityContext, Sysctl } from "../security-context.ts";
import { validateRelativePath } from "./paths.ts";
import { validateUserOrGroup } from "./ranges.ts";
import { validateWindowsOptions } from "./windows.ts";

/** The security context of the Pod itself. */
export function validatePodSecurityContext(spec: PodSpec, field: string): readonly FieldError[] {
  const context = spec.securityContext;
  const { sysctls = [], supplementalGroups = [] } = context;
  const sharesProcesses = spec.shareProcessNamespace === true && spec.hostPID === true;
  const sysctlsTwice = repeatedPlaces(sysctls, ({ name }) => name);
  return [
    ...validateUserOrGroup(context.fsGroup, `${field}.fsGroup`),
    ...validateUserOrGroup(context.runAsUser, `${field}.runAsUser`),
    ...validateUserOrGroup(context.runAsGroup, `${field}.runAsGroup`),
    ...supplementalGroups.flatMap((group, index) => validateUserOrGroup(group, `${field}.supplementalGroups[${index}]`)),
    ...(sharesProcesses
      ? [invalid(`${field}.shareProcessNamespace`, true, "ShareProcessNamespace and HostPID cannot both be enabled")]
      : []),
    ...sysctls.flatMap((sysctl, index) => validateSysctl(sysctl, `${field}.sysctls[${index}].name`, sysctlsTwice.has(index), spec)),
    ...validateSeccompProfile(context.seccompProfile, `${field}.seccompProfile`),
    ...validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
    ...validateAppArmorProfile(context.appArmorProfile, `${field}.appArmorProfile`),
  ];
}

const sysctlFormat = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
const longestSysctl = 253;

function validateSysctl({ name }: Sysctl, field: string, isRepeated: boolean, spec: PodSpec): readonly FieldError[] {
  if (name === "") return [];
  const wrong = name.length > longestSysctl || !isSysctlName(name);
  return [
    ...(wrong ? [invalid(field, name, `must have at most ${longestSysctl} characters and match regex ${sysctlFormat}`)] : []),
    ...(!wrong && isRepeated ? [duplicate(field, name)] : []),
    ...validateSysctlNamespace(name, field, spec),
  ];
}

/** The same as {@link sysctlFormat}, segment by segment: as one expression it can take very long to fail. */
function isSysctlName(name: string): boolean {
  return name.split(/[./]/).every((segment) => /^[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?$/.test(segment));
}

/** A parameter of a namespace that the Pod shares with the node would change the node. */
function validateSysctlNamespace(name: string, field: string, { hostNetwork, hostIPC }: PodSpec): readonly FieldError[] {
  const dotted = name.replaceAll("/", ".");
  if (hostNetwork === true && dotted.startsWith("net.")) return [invalid(field, name, "may not be specified when 'hostNetwork' is true")];
  const ofIPC = dotted === "kernel.sem" || ["kernel.shm", "kernel.msg", "fs.mqueue."].some((prefix) => dotted.startsWith(prefix));
  return hostIPC === true && ofIPC ? [invalid(field, name, "may not be specified when 'hostIPC' is true")] : [];
}

/** The security context of one container. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  field: string,
  { hostUsers }: { readonly hostUsers: boolean },
): readonly FieldError[] {
  if (context === undefined) return [];
  return [
    ...validateUserOrGroup(context.runAsUser, `${field}.runAsUser`),
    ...validateUserOrGroup(context.runAsGroup, `${field}.runAsGroup`),
    ...(hostUsers && context.procMount === "Unmasked"
      ? [invalid(`${field}.procMount`, context.procMount, "`hostUsers` must be false to use `Unmasked`")]
      : []),
    ...validateSeccompProfile(context.seccompProfile, `${field}.seccompProfile`),
    ...validateEscalation(context, field),
    ...validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
    ...validateAppArmorProfile(context.appArmorProfile, `${field}.appArmorProfile`),
  ];
}

function validateEscalation(context: SecurityContext, field: string): readonly FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const adds = context.capabilities?.add ?? [];
  return [
    ...(context.privileged === true
      ? [invalid(field, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")]
      : []),
    ...adds
      .filter((capability) => capability === "CAP_SYS_ADMIN")
      .map(() => invalid(field, context, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")),
  ];
}

function validateSeccompProfile(profile: SeccompProfile | undefined, field: string): readonly FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const at = `${field}.localhostProfile`;
  if (type === "Localhost") {
    if (localhostProfile === undefined) return [required(at, "must be set when seccomp type is Localhost")];
    return validateRelativePath(localhostProfile, at);
  }
  return localhostProfile === undefined ? [] : [invalid(at, profile, "can only be set when seccomp type is Localhost")];
}

const longestProfile = 4095;

function validateAppArmorProfile(profile: AppArmorProfile | undefined, field: string): readonly FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const at = `${field}.localhostProfile`;
  if (type !== "Localhost") {
    return localhostProfile === undefined ? [] : [invalid(at, localhostProfile, "can only be set when AppArmor type is Localhost")];
  }
  if (localhostProfile === undefined || localhostProfile === "") {
    return [required(at, "must be set when AppArmor type is Localhost")];
  }
  return [
    ...(localhostProfile.trim() === localhostProfile ? [] : [invalid(at, localhostProfile, "must not be padded with whitespace")]),
    ...(localhostProfile.length > longestProfile ? [tooLong(at, longestProfile)] : []),
  ];
}

/** With a user namespace of its own, a Pod can't share other namespaces with the node. */
export function validateHostUsers(spec: PodSpec, field: string): readonly FieldError[] {
  if (spec.hostUsers !== false) return [];
  const detail = "when `pod.Spec.HostUsers` is false";
  return [
    ...(spec.hostNetwork === true ? [forbidden(`${field}.hostNetwork`, detail)] : []),
    ...(spec.hostPID === true ? [forbidden(`${field}.HostPID`, detail)] : []),
    ...(spec.hostIPC === true ? [forbidden(`${field}.HostIPC`, detail)] : []),
  ];
}
