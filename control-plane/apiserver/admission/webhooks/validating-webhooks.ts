import { ValidatingWebhookConfigurationKind } from "@kubets/api";
import type { AdmissionPlugin } from "../../contracts.ts";
import { isAdmissionConfiguration } from "../matching/exempt.ts";
import { configuredWebhooks } from "./configured-webhooks.ts";
import { callWebhooks, type WebhookOptions } from "./webhook-call.ts";

/** Asks all webhooks of ValidatingWebhookConfigurations at once whether a request may pass; the first that refuses, in their order, is answered. */
export function validatingWebhooks(options: WebhookOptions): AdmissionPlugin {
  const call = callWebhooks(options, "validating");
  const configured = configuredWebhooks(options.reader, ValidatingWebhookConfigurationKind);
  return {
    name: "ValidatingAdmissionWebhook",
    validate(attributes) {
      // Most clusters have no webhooks: then nothing is waited for.
      const webhooks = isAdmissionConfiguration(attributes.kind) ? [] : configured();
      if (webhooks.length === 0) return;
      return Promise.allSettled(webhooks.map(({ webhook }) => call(webhook, attributes))).then((outcomes) => {
        const failed = outcomes.find(({ status }) => status === "rejected");
        if (failed?.status === "rejected") throw failed.reason;
      });
    },
  };
}
