import { type MutatingWebhook, MutatingWebhookConfigurationKind } from "@kubets/api";
import { decodeAsKind, type KubernetesObject, sameJson } from "@kubets/machinery";
import type { AdmissionPlugin, MutatingAttributes } from "../../contracts.ts";
import { isAdmissionConfiguration } from "../matching/exempt.ts";
import { convertedTo } from "../matching/versions.ts";
import { Reinvocation } from "../reinvocation.ts";
import { type ConfiguredWebhook, configuredWebhooks } from "./configured-webhooks.ts";
import { callWebhooks, type WebhookOptions, type Wish } from "./webhook-call.ts";

const pluginName = "MutatingAdmissionWebhook";

/**
 * Asks the webhooks of MutatingWebhookConfigurations, one after the other, each about the object as those before it made it. When something
 * changes the object after a webhook that asks for it, that one is asked once more.
 */
export function mutatingWebhooks(options: WebhookOptions): AdmissionPlugin {
  const call = callWebhooks(options, "admit");
  const configured = configuredWebhooks(options.reader, MutatingWebhookConfigurationKind);

  async function dispatch(
    attributes: MutatingAttributes,
    webhooks: readonly ConfiguredWebhook<MutatingWebhook>[],
  ): Promise<KubernetesObject> {
    // Webhooks are shown who manages which fields; what the writer sent of it is nobody's concern.
    const managers = attributes.round.memory(`${pluginName} managers`, () => ({ entries: attributes.managedFields }));
    const shown = withManagers(attributes.object, managers.entries);
    const reinvocation = Reinvocation.begin(attributes.round, pluginName, shown);
    let object: KubernetesObject = shown;
    for (const { webhook, id } of webhooks) {
      if (reinvocation.skips(id)) continue;
      const wish = await call(webhook, { ...attributes, object });
      if (wish === "not asked") continue;
      const wanted = typeof wish === "string" ? object : await granted(wish, object, attributes);
      reinvocation.took(id, { changed: wanted !== object, asksAgain: webhook.reinvocationPolicy === "IfNeeded" });
      object = wanted;
    }
    const outcome = reinvocation.end(object);
    managers.entries = outcome.metadata?.managedFields;
    return outcome === shown ? attributes.object : outcome;
  }

  return {
    name: pluginName,
    mutate(attributes) {
      // Most clusters have no webhooks: then nothing is waited for.
      const webhooks = isAdmissionConfiguration(attributes.kind) ? [] : configured();
      return webhooks.length === 0 ? attributes.object : dispatch(attributes, webhooks);
    },
    // What has no object to change may still be refused.
    async validate(attributes) {
      if (attributes.operation !== "DELETE" && attributes.operation !== "CONNECT") return;
      const webhooks = isAdmissionConfiguration(attributes.kind) ? [] : configured();
      for (const { webhook } of webhooks) await call(webhook, attributes);
    },
  };
}

function withManagers(object: KubernetesObject, managedFields: MutatingAttributes["managedFields"]): KubernetesObject {
  return managedFields === undefined ? object : { ...object, metadata: { ...object.metadata, managedFields } };
}

/** The object that a webhook wants, complete, in the version of the request; the one before when they are the same. */
async function granted(
  { object: wanted, kind: asked }: Wish,
  before: KubernetesObject,
  { kind, round }: MutatingAttributes,
): Promise<KubernetesObject> {
  if (!isOf(wanted, before, kind.kind)) return round.complete(wanted as KubernetesObject, before);
  const { object } = decodeAsKind(asked, wanted);
  const complete = round.complete(await convertedTo(kind, object, asked), before);
  return sameJson(complete, before) ? before : complete;
}

/** Whether both are of the request's own kind: bodies of subresources are of others. */
function isOf(wanted: unknown, before: KubernetesObject, kind: string): boolean {
  return before.kind === kind && typeof wanted === "object" && wanted !== null && "kind" in wanted && wanted.kind === kind;
}
