import { type defaulted, type Kind, kindObject, type KubernetesObject, object, type Schema, text } from "@kubets/machinery";
import { type DefaultedOfWebhook, type Webhook, webhookConfigurationKind, webhookFields, webhooksField } from "./webhook.ts";

/** Names webhooks that may change or refuse what is asked of the API. */
export interface MutatingWebhookConfiguration extends KubernetesObject {
  readonly webhooks?: readonly MutatingWebhook[];
}

/** A webhook that may change or refuse objects, and the requests that it is asked about. */
export interface MutatingWebhook extends Webhook {
  readonly [defaulted]?: DefaultedOfWebhook | "reinvocationPolicy";
  readonly reinvocationPolicy: "IfNeeded" | "Never";
}

const { matchConditions, ...fields } = webhookFields({ objectSelector: 11, matchConditions: 12 });

const mutatingWebhook: Schema<MutatingWebhook> = object<MutatingWebhook>(
  "io.k8s.api.admissionregistration.v1.MutatingWebhook",
  "A webhook that may change or refuse objects, and the requests that it is asked about.",
  {
    ...fields,
    reinvocationPolicy: text({
      field: 10,
      presence: "pointer",
      default: "Never",
      enum: ["IfNeeded", "Never"],
      doc: "Whether it is asked again when another webhook changed the object after it (IfNeeded) or not (Never).",
    }),
    matchConditions,
  },
);

const mutatingWebhookConfiguration: Schema<MutatingWebhookConfiguration> = kindObject<MutatingWebhookConfiguration>(
  "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
  "Names webhooks that may change or refuse what is asked of the API.",
  { webhooks: webhooksField(mutatingWebhook) },
);

export const MutatingWebhookConfigurationKind: Kind<MutatingWebhookConfiguration> = webhookConfigurationKind<MutatingWebhookConfiguration>({
  kind: "MutatingWebhookConfiguration",
  resource: "mutatingwebhookconfigurations",
  schema: mutatingWebhookConfiguration,
});
