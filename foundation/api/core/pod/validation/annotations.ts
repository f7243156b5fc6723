import { type FieldError, forbidden, invalid, type TemplateMeta } from "@kubets/machinery";
import type { PodSpec } from "../pod-spec.ts";
import type { AppArmorProfile, SeccompProfile } from "../security-context.ts";
import { allContainers } from "./all-containers.ts";
import { validateRelativePath } from "./paths.ts";

type Annotations = Readonly<Record<string, string>>;

const mirror = "kubernetes.io/config.mirror";
const deletionCost = "controller.kubernetes.io/pod-deletion-cost";
const podSeccomp = "seccomp.security.alpha.kubernetes.io/pod";
const containerSeccomp = "container.seccomp.security.alpha.kubernetes.io/";
const containerAppArmor = "container.apparmor.security.beta.kubernetes.io/";

/** Annotations that mean something for a Pod. */
export function validatePodAnnotations(annotations: Annotations = {}, field: string, spec: PodSpec): readonly FieldError[] {
  return Object.entries(annotations).flatMap(([key, value]) => {
    const at = `${field}[${key}]`;
    if (key === mirror && (spec.nodeName ?? "") === "") {
      return [invalid(at, value, "must set spec.nodeName if mirror pod annotation is set")];
    }
    if (key === deletionCost && !isInt32(value)) return [invalid(at, value, "must be a 32bit integer")];
    if (key === podSeccomp || key.startsWith(containerSeccomp)) return validateSeccompText(value, `${field}.${key}`);
    return key.startsWith(containerAppArmor) ? validateAppArmorText(key.slice(containerAppArmor.length), at, value, spec) : [];
  });
}

/** Without a plus sign or leading zeros. */
function isInt32(text: string): boolean {
  if (!/^(?:0|-?[1-9]\d{0,9})$/.test(text)) return false;
  return Number(text) >= -2_147_483_648 && Number(text) <= 2_147_483_647;
}

function validateSeccompText(profile: string, field: string): readonly FieldError[] {
  if (["runtime/default", "docker/default", "unconfined"].includes(profile)) return [];
  if (profile.startsWith("localhost/")) return validateRelativePath(profile.slice("localhost/".length), field);
  return [invalid(field, profile, "must be a valid seccomp profile")];
}

function validateAppArmorText(containerName: string, field: string, profile: string, spec: PodSpec): readonly FieldError[] {
  const known = allContainers(spec, "spec").some(([, { name }]) => name === containerName);
  const valid = ["", "runtime/default", "unconfined"].includes(profile) || profile.startsWith("localhost/");
  return [
    ...(known ? [] : [invalid(field, containerName, "container not found")]),
    ...(valid ? [] : [invalid(field, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`)]),
  ];
}

/** Profiles used to be annotations. Where both forms are there they must agree. */
export function validateProfilesAgree({ annotations = {} }: TemplateMeta, field: string, spec: PodSpec): readonly FieldError[] {
  const ofPod = spec.securityContext;
  const onWindows = spec.os?.name === "windows";
  return [
    ...validateSeccompAgrees(annotations[podSeccomp], `${field}.securityContext`, ofPod.seccompProfile),
    ...allContainers(spec, field).flatMap(([at, { name, securityContext }]) => [
      ...validateSeccompAgrees(annotations[containerSeccomp + name], `${at}.securityContext`, securityContext?.seccompProfile),
      ...(onWindows
        ? []
        : validateAppArmorAgrees(
            annotations[containerAppArmor + name],
            `${at}.securityContext`,
            securityContext?.appArmorProfile ?? ofPod.appArmorProfile,
          )),
    ]),
  ];
}

function validateSeccompAgrees(annotation: string | undefined, field: string, profile: SeccompProfile | undefined): readonly FieldError[] {
  if (annotation === undefined || profile === undefined) return [];
  const disagreement = disagreementOf(annotation === "docker/default" ? "runtime/default" : annotation, profile);
  if (disagreement === undefined) return [];
  const what = disagreement === "type" ? "type" : "profile";
  return [forbidden(`${field}.seccompProfile.${disagreement}`, `seccomp ${what} in annotation and field must match`)];
}

function validateAppArmorAgrees(
  annotation: string | undefined,
  field: string,
  profile: AppArmorProfile | undefined,
): readonly FieldError[] {
  if (annotation === undefined || profile === undefined) return [];
  const disagreement = disagreementOf(annotation, profile);
  if (disagreement === undefined) return [];
  const what = disagreement === "type" ? "type" : "profile";
  return [forbidden(`${field}.appArmorProfile.${disagreement}`, `apparmor ${what} in annotation and field must match`)];
}

function disagreementOf(annotation: string, profile: SeccompProfile | AppArmorProfile): "type" | "localhostProfile" | undefined {
  switch (profile.type) {
    case "Unconfined":
      return annotation === "unconfined" ? undefined : "type";
    case "RuntimeDefault":
      return annotation === "runtime/default" ? undefined : "type";
    case "Localhost":
      if (!annotation.startsWith("localhost/")) return "type";
      return annotation.slice("localhost/".length) === profile.localhostProfile ? undefined : "localhostProfile";
  }
}

/** Annotations that can't be changed once the Pod is there. */
export function validatePodAnnotationsUpdate(
  annotations: Annotations = {},
  field: string,
  previous: Annotations = {},
): readonly FieldError[] {
  const changed = Object.keys(previous).filter((key) => annotations[key] !== previous[key]);
  const added = Object.keys(annotations).filter((key) => previous[key] === undefined);
  return [
    ...changed.filter(isFixed).map((key) => forbidden(`${field}[${key}]`, `may not remove or update ${nameOf(key)}`)),
    ...added.filter(isFixed).map((key) => forbidden(`${field}[${key}]`, `may not add ${nameOf(key)}`)),
  ];
}

function isFixed(key: string): boolean {
  return key === mirror || key.startsWith(containerAppArmor);
}

function nameOf(key: string): string {
  return key === mirror ? "mirror pod annotation" : "AppArmor annotations";
}

/** A mirror Pod shows a static one that a kubelet runs from a file: nothing can be done to it. */
export function isMirrorPod({ annotations }: TemplateMeta): boolean {
  return annotations?.[mirror] !== undefined;
}
