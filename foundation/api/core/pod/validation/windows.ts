import { type FieldError, forbidden, invalid } from "@kubets/machinery";
import type { PodSpec } from "../pod-spec.ts";
import type { PodSecurityContext, SecurityContext, WindowsSecurityContextOptions } from "../security-context.ts";
import { allContainers } from "./all-containers.ts";
import { validateDnsSubdomain } from "./formats.ts";

/** What the operating system of a Pod rules out. */
export function validateOperatingSystem(spec: PodSpec, field: string): readonly FieldError[] {
  switch (spec.os?.name) {
    case "linux":
      return validateLinux(spec, field);
    case "windows":
      return validateWindows(spec, field);
    default:
      return [];
  }
}

function validateLinux(spec: PodSpec, field: string): readonly FieldError[] {
  const contexts = [
    [field, spec] as const,
    ...allContainers(spec, field).map(([at, { securityContext }]) => [at, { securityContext }] as const),
  ];
  return contexts
    .filter(([, { securityContext }]) => securityContext?.windowsOptions !== undefined)
    .map(([at]) => forbidden(`${at}.securityContext.windowsOptions`, "windows options cannot be set for a linux pod"));
}

const linuxPodSettings = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "fsGroup",
  "fsGroupChangePolicy",
  "sysctls",
  "runAsUser",
  "runAsGroup",
  "supplementalGroups",
  "supplementalGroupsPolicy",
  "seLinuxChangePolicy",
] as const satisfies readonly (keyof PodSecurityContext)[];

const linuxContainerSettings = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
] as const satisfies readonly (keyof SecurityContext)[];

function validateWindows(spec: PodSpec, field: string): readonly FieldError[] {
  const refuse = (at: string): FieldError => forbidden(at, "cannot be set for a windows pod");
  const shared = [
    ...(spec.hostUsers === undefined ? [] : ["hostUsers"]),
    ...(spec.hostPID === true ? ["hostPID"] : []),
    ...(spec.hostIPC === true ? ["hostIPC"] : []),
    ...(spec.shareProcessNamespace === undefined ? [] : ["shareProcessNamespace"]),
  ];
  const ofPod = linuxPodSettings.filter((name) => spec.securityContext[name] !== undefined);
  return [
    ...shared.map((name) => refuse(`${field}.${name}`)),
    ...ofPod.map((name) => refuse(`${field}.securityContext.${name}`)),
    ...allContainers(spec, field).flatMap(([at, { securityContext = {} }]) =>
      linuxContainerSettings.filter((name) => securityContext[name] !== undefined).map((name) => refuse(`${at}.securityContext.${name}`)),
    ),
  ];
}

/** HostProcess containers: all of a Pod or none, and on the node's network. */
export function validateHostProcess(spec: PodSpec, field: string): readonly FieldError[] {
  const ofPod = spec.securityContext.windowsOptions?.hostProcess;
  const containers = allContainers(spec, field).map(
    ([at, { securityContext }]) => [at, securityContext?.windowsOptions?.hostProcess] as const,
  );
  const hostProcesses = containers.filter(([, own]) => own ?? ofPod ?? false).length;
  const differing = containers.flatMap(([at, own]) => {
    if (own === undefined || ofPod === undefined || own === ofPod) return [];
    const detail = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
    return [invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, detail)];
  });
  if (hostProcesses === 0) return differing;
  return [
    ...differing,
    ...(hostProcesses === containers.length
      ? []
      : [invalid(field, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers")]),
    ...(spec.hostNetwork === true
      ? []
      : [invalid(`${field}.hostNetwork`, false, "hostNetwork must be true if pod contains any hostProcess containers")]),
  ];
}

const largestCredentialSpecKiB = 64;

export function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, field: string): readonly FieldError[] {
  if (options === undefined) return [];
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName: user } = options;
  const at = `${field}.gmsaCredentialSpec`;
  return [
    ...(specName === undefined ? [] : validateDnsSubdomain(specName, `${field}.gmsaCredentialSpecName`)),
    ...(spec === "" ? [invalid(at, spec, "gmsaCredentialSpec cannot be an empty string")] : []),
    ...(spec !== undefined && spec.length > largestCredentialSpecKiB * 1024
      ? [invalid(at, spec, `gmsaCredentialSpec size must be under ${largestCredentialSpecKiB} KiB`)]
      : []),
    ...(user === undefined ? [] : runAsUserNameProblems(user).map((problem) => invalid(`${field}.runAsUserName`, user, problem))),
  ];
}

const longestDomain = 256;
const longestUser = 104;
const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsLabel = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;

/** `USER` or `DOMAIN\USER`. */
function runAsUserNameProblems(name: string): readonly string[] {
  if (name === "") return ["runAsUserName cannot be an empty string"];
  if (/\p{Cc}/u.test(name)) return ["runAsUserName cannot contain control characters"];
  const parts = name.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const user = parts.at(-1)!;
  const domain = parts.length === 2 ? parts[0]! : undefined;
  const isDomain = domain === undefined || netBiosName.test(domain) || domain.split(".").every((label) => dnsLabel.test(label));
  return [
    ...((domain ?? "").length >= longestDomain ? [`runAsUserName's Domain length must be under ${longestDomain} characters`] : []),
    ...(isDomain ? [] : ["runAsUserName's Domain doesn't match the NetBios nor the DNS format"]),
    ...(user === "" ? ["runAsUserName's User cannot be empty"] : []),
    ...(user.length > longestUser ? [`runAsUserName's User length must not be longer than ${longestUser} characters`] : []),
    ...(/^[. ]+$/.test(user) ? ["runAsUserName's User cannot contain only periods or spaces"] : []),
    ...(/["/\\:;|=,+*?<>@[\]]/.test(user) ? ["runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]"] : []),
  ];
}
