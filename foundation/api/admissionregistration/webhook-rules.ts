/** The rules that webhooks of both kinds have in common. */
import {
  duplicates,
  type FieldError,
  invalid,
  isDns1035Label,
  isDnsSubdomain,
  notSupported,
  required,
  validateLabelSelector,
} from "@kubets/machinery";
import { validateMatchConditions, validateRuleWithOperations } from "./rules.ts";
import { validateClientConfig } from "./webhook-client-config.ts";
import type { Webhook } from "./webhook.ts";

export function validateWebhooks(webhooks: readonly Webhook[]): readonly FieldError[] {
  return [
    ...webhooks.flatMap((webhook, index) => validateWebhook(webhook, `webhooks[${index}]`)),
    ...duplicates("webhooks", webhooks, ({ name }) => name, { child: "name" }),
  ];
}

function validateWebhook(webhook: Webhook, path: string): readonly FieldError[] {
  const { rules = [], matchConditions = [], timeoutSeconds } = webhook;
  return [
    ...validateFullName(webhook.name, `${path}.name`),
    ...rules.flatMap((rule, index) => validateRuleWithOperations(rule, `${path}.rules[${index}]`)),
    ...validateSideEffects(webhook.sideEffects, `${path}.sideEffects`),
    ...(timeoutSeconds > 30 || timeoutSeconds < 1
      ? [invalid(`${path}.timeoutSeconds`, timeoutSeconds, "the timeout value must be between 1 and 30 seconds")]
      : []),
    ...validateLabelSelector(webhook.namespaceSelector, `${path}.namespaceSelector`),
    ...validateLabelSelector(webhook.objectSelector, `${path}.objectSelector`),
    ...validateClientConfig(webhook.clientConfig, path),
    ...validateMatchConditions(matchConditions, `${path}.matchConditions`),
    ...validateReviewVersions(webhook.admissionReviewVersions, `${path}.admissionReviewVersions`),
  ];
}

/** That there is a name is for the schema to say. */
function validateFullName(name: string, path: string): readonly FieldError[] {
  if (name === "") return [];
  const problems = isDnsSubdomain(name);
  if (problems.length > 0) return [invalid(path, name, problems.join(","))];
  return name.split(".").length < 3 ? [invalid(path, name, "should be a domain with at least three segments separated by dots")] : [];
}

/** Requests are tried out as well, and trying out must have no effects. */
const allowedSideEffects = ["None", "NoneOnDryRun"];

function validateSideEffects(effects: string | undefined, path: string): readonly FieldError[] {
  if (effects === undefined) return [required(path, `must specify one of ${allowedSideEffects.join(", ")}`)];
  return allowedSideEffects.includes(effects) ? [] : [notSupported(path, effects, allowedSideEffects)];
}

/** The versions of AdmissionReview that the server speaks. */
const reviewVersions = ["v1", "v1beta1"];

function validateReviewVersions(versions: readonly string[], path: string): readonly FieldError[] {
  if (versions.length === 0) return [required(path, `must specify one of ${reviewVersions.join(", ")}`)];
  return [
    ...versions.flatMap((version, index) =>
      versions.indexOf(version) < index
        ? [invalid(`${path}[${index}]`, version, "duplicate version")]
        : isDns1035Label(version).map((message) => invalid(`${path}[${index}]`, version, message)),
    ),
    ...(versions.some((version) => reviewVersions.includes(version))
      ? []
      : [invalid(path, versions, `must include at least one of ${reviewVersions.join(", ")}`)]),
  ];
}
