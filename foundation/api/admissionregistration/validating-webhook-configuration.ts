import { type defaulted, type Kind, kindObject, type KubernetesObject, object, type Schema } from "@kubets/machinery";
import { type DefaultedOfWebhook, type Webhook, webhookConfigurationKind, webhookFields, webhooksField } from "./webhook.ts";

/** Names webhooks that may refuse what is asked of the API. */
export interface ValidatingWebhookConfiguration extends KubernetesObject {
  readonly webhooks?: readonly ValidatingWebhook[];
}

/** A webhook that may refuse objects, and the requests that it is asked about. */
export interface ValidatingWebhook extends Webhook {
  readonly [defaulted]?: DefaultedOfWebhook;
}

const validatingWebhook: Schema<ValidatingWebhook> = object<ValidatingWebhook>(
  "io.k8s.api.admissionregistration.v1.ValidatingWebhook",
  "A webhook that may refuse objects, and the requests that it is asked about.",
  webhookFields({ objectSelector: 10, matchConditions: 11 }),
);

const validatingWebhookConfiguration: Schema<ValidatingWebhookConfiguration> = kindObject<ValidatingWebhookConfiguration>(
  "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration",
  "Names webhooks that may refuse what is asked of the API.",
  { webhooks: webhooksField(validatingWebhook) },
);

export const ValidatingWebhookConfigurationKind: Kind<ValidatingWebhookConfiguration> =
  webhookConfigurationKind<ValidatingWebhookConfiguration>({
    kind: "ValidatingWebhookConfiguration",
    resource: "validatingwebhookconfigurations",
    schema: validatingWebhookConfiguration,
  });
