/** What webhooks of both kinds say, and the kinds of their configurations. */
import {
  defineKind,
  type Field,
  integer,
  type Kind,
  type KubernetesObject,
  labelSelector,
  type LabelSelector,
  list,
  type Schema,
  string,
  struct,
  text,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { matchCondition, type MatchCondition, ruleWithOperations, type RuleWithOperations } from "./rules.ts";
import { type AdmissionregistrationV1WebhookClientConfig, webhookClientConfig } from "./webhook-client-config.ts";
import { validateWebhooks } from "./webhook-rules.ts";

/** A webhook, and the requests that it is asked about. */
export interface Webhook {
  readonly name: string;
  readonly clientConfig: AdmissionregistrationV1WebhookClientConfig;
  readonly rules?: readonly RuleWithOperations[];
  readonly failurePolicy: "Fail" | "Ignore";
  readonly matchPolicy: "Equivalent" | "Exact";
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
  readonly sideEffects: "None" | "NoneOnDryRun" | "Some" | "Unknown";
  readonly timeoutSeconds: number;
  readonly admissionReviewVersions: readonly string[];
  readonly matchConditions?: readonly MatchCondition[];
}

export type DefaultedOfWebhook = "failurePolicy" | "matchPolicy" | "namespaceSelector" | "objectSelector" | "timeoutSeconds";

type FieldsOfWebhook = {
  readonly [K in Extract<keyof Webhook, string>]-?: Field<Exclude<Webhook[K], undefined>, undefined extends Webhook[K] ? false : true>;
};

/** The entries of a webhook in the order in which they are written; the two kinds give two of them different numbers. */
export function webhookFields(numbers: { readonly objectSelector: number; readonly matchConditions: number }): FieldsOfWebhook {
  return {
    name: text({ field: 1, required: true, doc: "Its name, fully qualified such as `images.example.com`." }),
    clientConfig: struct(webhookClientConfig, { field: 2, required: true, doc: "How to reach it." }),
    rules: list(ruleWithOperations, { field: 3, listType: "atomic", doc: "The requests that it is asked about; those of any rule." }),
    failurePolicy: text({
      field: 4,
      presence: "pointer",
      default: "Fail",
      enum: ["Fail", "Ignore"],
      doc: "What happens when it can't be asked: the request fails (Fail), or goes on (Ignore).",
    }),
    matchPolicy: text({
      field: 9,
      presence: "pointer",
      default: "Equivalent",
      enum: ["Equivalent", "Exact"],
      doc: "Whether rules also take requests for the same objects in other versions and groups (Equivalent) or not (Exact).",
    }),
    namespaceSelector: struct(labelSelector, {
      field: 5,
      presence: "pointer",
      default: {},
      doc: "The namespaces whose objects it is asked about; all where the selector is empty.",
    }),
    objectSelector: struct(labelSelector, {
      field: numbers.objectSelector,
      presence: "pointer",
      default: {},
      doc: "The objects that it is asked about, by their labels; all where the selector is empty.",
    }),
    sideEffects: text({
      field: 6,
      presence: "pointer",
      required: true,
      mayBeEmpty: true,
      enum: ["None", "NoneOnDryRun", "Some", "Unknown"],
      doc: "Whether it does something besides answering: None, or not for dry runs (NoneOnDryRun).",
    }),
    timeoutSeconds: integer({ field: 7, presence: "pointer", default: 10, doc: "How long it may take, from 1 to 30 seconds." }),
    admissionReviewVersions: list(string, {
      field: 8,
      required: true,
      mayBeEmpty: true,
      listType: "atomic",
      doc: "The versions of AdmissionReview that it knows, best first.",
    }),
    matchConditions: list(matchCondition, {
      field: numbers.matchConditions,
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
      doc: "CEL expressions, all of which must be true for it to be asked; at most 64.",
    }),
  };
}

/** The webhooks of a configuration. */
export function webhooksField<T extends Webhook>(webhook: Schema<T>): Field<readonly T[], false> {
  return list(webhook, {
    field: 2,
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
    doc: "The webhooks.",
  });
}

/** A kind whose objects name webhooks. */
export function webhookConfigurationKind<T extends KubernetesObject & { readonly webhooks?: readonly Webhook[] }>(
  declaration: Pick<Kind<T>, "kind" | "resource" | "schema">,
): Kind<T> {
  return defineKind<T>({
    group: "admissionregistration.k8s.io",
    version: "v1",
    categories: ["api-extensions"],
    scope: "Cluster",
    columns: [
      nameColumn,
      { name: "Webhooks", type: "integer", doc: "How many webhooks it names.", cell: ({ webhooks = [] }) => webhooks.length },
      ageColumn,
    ],
    strategy: {
      generation: true,
      unconditionalUpdate: false,
      validate: ({ webhooks = [] }) => validateWebhooks(webhooks),
    },
    ...declaration,
  });
}
