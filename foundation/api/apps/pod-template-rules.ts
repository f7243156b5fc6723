/** The rules that the kinds which make Pods from a template have in common. */
import {
  type FieldError,
  forbidden,
  type IntOrString,
  invalid,
  isPercent,
  type LabelSelector,
  notSupported,
  selectorMatches,
  validateLabelSelector,
} from "@kubets/machinery";
import type { PodTemplateSpec } from "../core/pod/pod-template-spec.ts";
import { validatePodTemplateSpec } from "../core/pod/validation/pod.ts";

export interface SelectorAndTemplate {
  readonly selector: LabelSelector;
  readonly template: PodTemplateSpec;
}

/** The kinds as upstream's texts name them; a Deployment has the texts of its ReplicaSets. */
export type TemplateOwner = "ReplicaSet" | "StatefulSet" | "DaemonSet";

/** The Pods made from the template must be selected, and must be ones that are restarted for ever. */
export function validateSelectorAndTemplate({ selector, template }: SelectorAndTemplate, owner: TemplateOwner): readonly FieldError[] {
  return [
    ...validateSelector(selector, template, owner),
    ...validatePodTemplateSpec(template, "spec.template"),
    ...validateRunsForEver(template, owner),
  ];
}

/** An absent selector is named by the schema. */
function validateSelector(selector: LabelSelector | undefined, template: PodTemplateSpec, owner: TemplateOwner): readonly FieldError[] {
  if (selector === undefined) return [];
  if (isEmptySelector(selector)) {
    const name = owner === "ReplicaSet" ? "deployment" : owner.toLowerCase();
    return [invalid("spec.selector", selector, `empty selector is invalid for ${name}`)];
  }
  const errors = validateLabelSelector(selector, "spec.selector");
  return errors.length > 0 ? errors : validateTemplateIsSelected(selector, template);
}

function isEmptySelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

function validateTemplateIsSelected(selector: LabelSelector, { metadata }: PodTemplateSpec): readonly FieldError[] {
  if (selectorMatches(selector, metadata.labels)) return [];
  return [invalid("spec.template.metadata.labels", metadata.labels ?? {}, "`selector` does not match template `labels`")];
}

function validateRunsForEver({ spec }: PodTemplateSpec, owner: TemplateOwner): readonly FieldError[] {
  return [
    ...(spec.restartPolicy === "Always" ? [] : [notSupported("spec.template.spec.restartPolicy", spec.restartPolicy, ["Always"])]),
    ...(spec.activeDeadlineSeconds === undefined
      ? []
      : [forbidden("spec.template.spec.activeDeadlineSeconds", `activeDeadlineSeconds in ${owner} is not Supported`)]),
  ];
}

/** A number of Pods that isn't negative, or a part of them in percent. */
export function validateAmountOrPercent(value: IntOrString, path: string): readonly FieldError[] {
  if (typeof value === "number") return value < 0 ? [invalid(path, value, "must be greater than or equal to 0")] : [];
  return isPercent(value).map((message) => invalid(path, value, message));
}

/** A part of the Pods can't be more than all of them. */
export function validateAtMostAll(value: IntOrString, path: string): readonly FieldError[] {
  return typeof value === "string" && percent.test(value) && Number.parseInt(value, 10) > 100
    ? [invalid(path, value, "must not be greater than 100%")]
    : [];
}

/** Whether none, as a number or in percent. */
export function isNothing(value: IntOrString): boolean {
  return typeof value === "number" ? value === 0 : percent.test(value) && Number.parseInt(value, 10) === 0;
}

const percent = /^[0-9]+%$/;

/** Counts that are part of `status.replicas`. */
export function validateParts(status: string, parts: Readonly<Record<string, number>>, replicas: number): readonly FieldError[] {
  return Object.entries(parts)
    .filter(([, count]) => count > replicas)
    .map(([name, count]) => invalid(`${status}.${name}`, count, "cannot be greater than status.replicas"));
}
