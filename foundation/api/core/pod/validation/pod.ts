import { type FieldError, forbidden, passOnce, validateAnnotations, validateLabels } from "@kubets/machinery";
import type { Pod } from "../pod.ts";
import type { PodTemplateSpec } from "../pod-template-spec.ts";
import { validatePodAnnotations, validateProfilesAgree } from "./annotations.ts";
import { validateImageIsTrimmed } from "./containers.ts";
import { validatePodSpec } from "./pod-spec.ts";

/** What holds for a Pod at any time, besides what its schema says. */
export function validatePod({ metadata, spec }: Pod): readonly FieldError[] {
  // The claims of ephemeral volumes are named after the Pod.
  const isNamedAfterPod = spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined) === true;
  const validate = isNamedAfterPod ? validateSpec : validateSpecOnce;
  return [...validatePodAnnotations(metadata.annotations, "metadata.annotations", spec), ...validate(spec, metadata)];
}

function validateSpec(spec: Pod["spec"], metadata: Pod["metadata"]): readonly FieldError[] {
  return [
    ...validatePodSpec(spec, "spec", metadata),
    ...validateTokensHaveAccount(spec),
    ...(spec.containers ?? []).flatMap((container, index) => validateImageIsTrimmed(container, `spec.containers[${index}]`)),
    ...(spec.initContainers ?? []).flatMap((container, index) => validateImageIsTrimmed(container, `spec.initContainers[${index}]`)),
  ];
}

/** Most Pods have the spec of others, or the one that they had before. */
const validateSpecOnce = passOnce(validateSpec);

/** Besides {@link validatePod}, for a new Pod. */
export function validatePodCreate({ metadata, spec }: Pod): readonly FieldError[] {
  const gated = (spec.schedulingGates ?? []).length > 0;
  return [
    ...((spec.ephemeralContainers ?? []).length > 0 ? [forbidden("spec.ephemeralContainers", "cannot be set on create")] : []),
    ...(gated && (spec.nodeName ?? "") !== ""
      ? [forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")]
      : []),
    ...validateProfilesAgree(metadata, "spec", spec),
  ];
}

/** What holds for a template, besides what its schema says. `field` is its path, such as `spec.template`. */
export function validatePodTemplateSpec({ metadata, spec }: PodTemplateSpec, field: string): readonly FieldError[] {
  return [
    ...validateLabels(metadata.labels, `${field}.labels`),
    ...validateAnnotations(metadata.annotations, `${field}.annotations`),
    ...validatePodAnnotations(metadata.annotations, `${field}.annotations`, spec),
    ...validatePodSpec(spec, `${field}.spec`, undefined),
    ...validateProfilesAgree(metadata, `${field}.spec`, spec),
    ...((spec.ephemeralContainers ?? []).length > 0
      ? [forbidden(`${field}.spec.ephemeralContainers`, "ephemeral containers not allowed in pod template")]
      : []),
  ];
}

function validateTokensHaveAccount({ serviceAccountName = "", volumes = [] }: Pod["spec"]): readonly FieldError[] {
  if (serviceAccountName !== "") return [];
  return volumes.flatMap(({ projected }, volume) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, source) => {
      if (serviceAccountToken === undefined) return [];
      const field = `spec.volumes[${volume}].projected.sources[${source}].serviceAccountToken`;
      return [forbidden(field, "must not be specified when serviceAccountName is not set")];
    }),
  );
}
