import { NamespaceKind, type Webhook } from "@kubets/api";
import {
  badRequest,
  type Clock,
  groupResourceOf,
  type Kind,
  type KubernetesObject,
  type Logger,
  type Random,
  StatusError,
  uuid,
} from "@kubets/machinery";
import { evaluateAsking } from "@kubets/machinery/cel";
import type { AdmissionAttributes, Authorizer, ObjectReader } from "../../contracts.ts";
import { type AskWebhook, withTimeout } from "../../webhooks/webhook-client.ts";
import type { WebhookClientConfig } from "../../webhooks/webhook-target.ts";
import { answerOf, bindingsOf } from "../expressions/bindings.ts";
import { Problem } from "../expressions/budget.ts";
import { compiledOnce } from "../expressions/compiled-once.ts";
import { compiledConditions, conditionsHold } from "../expressions/conditions.ts";
import { matchedByRules, matchesSelectors } from "../matching/matching.ts";
import { attributesIn } from "../matching/versions.ts";
import { refusal } from "../refusal.ts";
import { admissionReview } from "./admission-review.ts";
import type { CallOutcome, MeasuredCall } from "./webhook-metrics.ts";

export interface WebhookOptions {
  readonly reader: ObjectReader;
  readonly authorizer: Authorizer;
  /** All that are served. */
  readonly kinds: () => readonly Kind[];
  readonly ask: AskWebhook;
  readonly random: Random;
  readonly logger: Logger;
  readonly clock: Pick<Clock, "monotonic">;
  /** Told of every call. */
  readonly measure: (call: MeasuredCall) => void;
}

/** What a webhook wants of an object: the JSON value and the version of the kind that it is of. */
export interface Wish {
  readonly object: unknown;
  readonly kind: Kind;
}

/**
 * Asks a webhook about a request, if it is to be asked. Throws the `StatusError` of its refusal, and when it can't be asked, unless it says
 * that this doesn't matter. `"not asked"` when the request isn't its concern; a wish when it wants another object.
 */
export type CallWebhook = (webhook: Webhook, attributes: AdmissionAttributes) => Promise<Wish | "content" | "not asked">;

export function callWebhooks(
  { reader, authorizer, kinds, ask, random, logger, clock, measure }: WebhookOptions,
  type: MeasuredCall["type"],
): CallWebhook {
  /** The version in which the webhook is asked; `undefined` when it isn't. */
  async function concern(webhook: Webhook, attributes: AdmissionAttributes): Promise<Kind | undefined> {
    const kind = matchedByRules(webhook.rules ?? [], webhook.matchPolicy, attributes, { kinds: kinds() });
    if (kind === undefined || !matchesSelectors(webhook, attributes, reader)) return undefined;
    const conditions = conditionsOf(webhook);
    if (conditions.length === 0) return kind;
    const versioned = await attributesIn(attributes, kind);
    const input = { attributes: versioned, requested: attributes.kind, namespace: namespaceOf(attributes) };
    const holds = await evaluateAsking(
      (question) => conditionsHold(conditions, () => bindingsOf(input, question)),
      (question) => answerOf(authorizer, attributes.user, question),
    );
    if (!(holds instanceof Problem)) return holds ? kind : undefined;
    if (webhook.failurePolicy === "Ignore") return undefined;
    throw refusal(attributes, holds.message);
  }

  function namespaceOf({ namespace }: AdmissionAttributes): KubernetesObject | undefined {
    return namespace === "" ? undefined : reader.get(NamespaceKind, "", namespace);
  }

  return async (webhook, attributes) => {
    const kind = await concern(webhook, attributes);
    if (kind === undefined) return "not asked";
    if (attributes.dryRun && webhook.sideEffects !== "None" && webhook.sideEffects !== "NoneOnDryRun")
      throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
    const { name, clientConfig, timeoutSeconds, failurePolicy } = webhook;
    const began = clock.monotonic();
    const ended = (outcome: CallOutcome): void =>
      measure({ name, type, operation: attributes.operation, seconds: (clock.monotonic() - began) / 1000, outcome });
    try {
      const versioned = await attributesIn(attributes, kind);
      const review = admissionReview({ webhook, uid: uuid(random), attributes: versioned, requested: attributes.kind });
      if (review === undefined) throw new Error("webhook does not accept known AdmissionReview versions (v1, v1beta1)");
      const answer = await asked(clientConfig, review.body, timeoutSeconds, attributes.signal);
      const { refusal: refused, object, warnings } = review.read(answer);
      for (const warning of warnings) attributes.warn(warning);
      if (refused !== undefined) throw new Refused(refused);
      ended({ kind: "allowed" });
      return object === undefined ? "content" : { object, kind };
    } catch (error) {
      if (error instanceof Refused) {
        ended({ kind: "refused", answer: error.answer });
        throw error.answer;
      }
      ended({ kind: "failed", failedOpen: failurePolicy !== "Fail" });
      const problem = `failed calling webhook ${JSON.stringify(name)}: ${error instanceof Error ? error.message : String(error)}`;
      if (failurePolicy === "Fail")
        throw new StatusError(500, "InternalError", `Internal error occurred: ${problem}`, {
          details: { causes: [{ message: problem }] },
          cause: error,
        });
      logger.warn("An admission webhook could not be asked, and its failure policy lets the request pass", {
        webhook: name,
        resource: groupResourceOf(attributes.kind),
        error,
      });
      return "content";
    }
  };

  async function asked(config: WebhookClientConfig, review: object, seconds: number, signal: AbortSignal): Promise<unknown> {
    try {
      return await ask(config, review, { seconds, signal });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`failed to call webhook: Post ${JSON.stringify(urlOf(config, seconds))}: ${why}`, { cause: error });
    }
  }
}

/** A webhook's no, which no failure policy overlooks. */
class Refused extends Error {
  readonly answer: StatusError;

  constructor(answer: StatusError) {
    super(answer.message);
    this.answer = answer;
  }
}

function urlOf({ url, service }: WebhookClientConfig, seconds: number): string {
  if (service === undefined) return withTimeout(url ?? "", seconds);
  const { namespace, name, path = "/", port = 443 } = service;
  return withTimeout(`https://${name}.${namespace}.svc:${port}${path}`, seconds);
}

/** Compiled when they are first needed. */
const conditionsOf = compiledOnce(({ matchConditions }: Webhook) => compiledConditions(matchConditions));
