import { duplicates, type FieldError, invalid, required, tooMany } from "@kubets/machinery";
import { defaultPodTemplateSpec } from "../core/pod/defaults.ts";
import { validatePodTemplateSpec } from "../core/pod/validation/pod.ts";
import type { JobSpec, PodFailurePolicy, PodFailurePolicyRule, SuccessPolicy } from "./job-spec.ts";

const mostInt32 = 2 ** 31 - 1;
const defaultBackoffLimit = 6;

/** The defaults that depend on other fields; those of single fields stand in the schema. */
export function defaultJobSpec(spec: JobSpec): JobSpec {
  const { parallelism, completions, backoffLimit, podReplacementPolicy } = spec;
  // Neither said: one Pod, once. Only the parallelism said: all Pods work on the same, and one success is enough.
  const amounts = parallelism === undefined ? { parallelism: 1, ...(completions === undefined ? { completions: 1 } : {}) } : {};
  return {
    ...spec,
    ...amounts,
    backoffLimit: backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? defaultBackoffLimit : mostInt32),
    podReplacementPolicy: podReplacementPolicy ?? (spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed"),
    template: defaultPodTemplateSpec(spec.template),
  };
}

const mostIndexedParallelism = 100_000;
const mostIndexes = 100_000;
const mostRules = 20;
const mostExitCodes = 255;
const mostPatterns = 20;

/** What a Job and the template of a CronJob have in common; `path` is that of the spec. */
export function validateJobSpec(spec: JobSpec, path: string): readonly FieldError[] {
  return [
    ...validateRestartPolicy(spec, path),
    ...validateIndexes(spec, path),
    ...(spec.podFailurePolicy === undefined ? [] : validatePodFailurePolicy(spec.podFailurePolicy, spec, `${path}.podFailurePolicy`)),
    ...(spec.successPolicy === undefined ? [] : validateSuccessPolicy(spec.successPolicy, spec, `${path}.successPolicy`)),
    ...validatePodTemplateSpec(spec.template, `${path}.template`),
  ];
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, path: string): readonly FieldError[] {
  const field = `${path}.template.spec.restartPolicy`;
  const { restartPolicy } = template.spec;
  if (restartPolicy !== "OnFailure" && restartPolicy !== "Never") return [required(field, 'valid values: "OnFailure", "Never"')];
  return podFailurePolicy !== undefined && restartPolicy !== "Never"
    ? [invalid(field, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified')]
    : [];
}

function validateIndexes(spec: JobSpec, path: string): readonly FieldError[] {
  const { completionMode, completions, parallelism = 0, backoffLimitPerIndex, maxFailedIndexes } = spec;
  const most = (field: string, value: number, limit: number): readonly FieldError[] =>
    value > limit ? [invalid(`${path}.${field}`, value, `must be less than or equal to ${limit} when completion mode is Indexed`)] : [];
  if (completionMode !== "Indexed") {
    return [
      ...(backoffLimitPerIndex === undefined
        ? []
        : [invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, "requires indexed completion mode")]),
      ...(maxFailedIndexes === undefined
        ? []
        : [invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, "requires indexed completion mode")]),
    ];
  }
  if (completions === undefined) return [required(`${path}.completions`, "when completion mode is Indexed")];
  return [
    ...most("parallelism", parallelism, mostIndexedParallelism),
    ...(maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined
      ? [required(`${path}.backoffLimitPerIndex`, "when maxFailedIndexes is specified")]
      : []),
    ...(maxFailedIndexes !== undefined && maxFailedIndexes > completions
      ? [invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, "must be less than or equal to completions")]
      : []),
    ...(maxFailedIndexes === undefined ? [] : most("maxFailedIndexes", maxFailedIndexes, mostIndexes)),
  ];
}

function validatePodFailurePolicy({ rules }: PodFailurePolicy, spec: JobSpec, path: string): readonly FieldError[] {
  if (rules.length > mostRules) return [tooMany(`${path}.rules`, rules.length, mostRules)];
  return rules.flatMap((rule, index) => validateFailureRule(rule, spec, `${path}.rules[${index}]`));
}

function validateFailureRule(rule: PodFailurePolicyRule, { backoffLimitPerIndex, template }: JobSpec, path: string): readonly FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const names = [...(template.spec.initContainers ?? []), ...template.spec.containers].map(({ name }) => name);
  const { containerName, values = [], operator } = onExitCodes ?? {};
  return [
    ...(action === "FailIndex" && backoffLimitPerIndex === undefined
      ? [invalid(`${path}.action`, action, "requires the backoffLimitPerIndex to be set")]
      : []),
    ...(onExitCodes !== undefined && onPodConditions.length > 0
      ? [invalid(path, rule, "specifying both OnExitCodes and OnPodConditions is not supported")]
      : []),
    ...(onExitCodes === undefined && onPodConditions.length === 0
      ? [invalid(path, rule, "specifying one of OnExitCodes and OnPodConditions is required")]
      : []),
    ...(containerName !== undefined && !names.includes(containerName)
      ? [
          invalid(
            `${path}.onExitCodes.containerName`,
            containerName,
            "must be one of the container or initContainer names in the pod template",
          ),
        ]
      : []),
    ...(values.length > mostExitCodes ? [invalid(`${path}.onExitCodes.values`, values, `must have at most ${mostExitCodes} items`)] : []),
    ...(operator === "In"
      ? values.flatMap((value, index) =>
          value === 0 ? [invalid(`${path}.onExitCodes.values[${index}]`, 0, "must not be 0 for the In operator")] : [],
        )
      : []),
    ...duplicates(`${path}.onExitCodes.values`, values, String),
    ...(onPodConditions.length > mostPatterns
      ? [invalid(`${path}.onPodConditions`, onPodConditions.length, `must have at most ${mostPatterns} items`)]
      : []),
  ];
}

function validateSuccessPolicy(
  { rules }: SuccessPolicy,
  { completionMode, completions = 0 }: JobSpec,
  path: string,
): readonly FieldError[] {
  if (completionMode !== "Indexed") return [invalid(path, { rules }, "requires indexed completion mode")];
  return rules.flatMap(({ succeededCount, succeededIndexes }, index) => {
    const field = `${path}.rules[${index}]`;
    return [
      ...(succeededCount === undefined && succeededIndexes === undefined
        ? [required(field, "at least one of succeededCount or succeededIndexes must be specified")]
        : []),
      ...(succeededCount !== undefined && succeededCount > completions
        ? [
            invalid(
              `${field}.succeededCount`,
              succeededCount,
              `must be less than or equal to ${completions} (the number of specified completions)`,
            ),
          ]
        : []),
      ...(succeededIndexes !== undefined && !areIndexes(succeededIndexes, completions)
        ? [invalid(`${field}.succeededIndexes`, succeededIndexes, "error parsing succeededIndexes")]
        : []),
    ];
  });
}

/** Numbers and ranges of them, growing, below the number of completions. */
function areIndexes(text: string, completions: number): boolean {
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return false;
  const numbers = text.split(/[-,]/).map(Number);
  return numbers.every((number, index) => number < completions && (index === 0 || number > numbers[index - 1]!));
}
