import { type Clock, type Dialer, parseJson, type Random, textOfBody } from "@kubets/machinery";
import type { ObjectReader } from "../contracts.ts";
import { type WebhookClientConfig, webhookTarget } from "./webhook-target.ts";

export interface WebhookClientOptions {
  /** Absent: no webhook can be reached, and asking one fails. */
  readonly dialer: Dialer | undefined;
  /** Finds the endpoints of Services. */
  readonly reader: ObjectReader;
  readonly random: Random;
  readonly clock: Pick<Clock, "after">;
}

/** Sends a review to a webhook, and answers its JSON. Rejects with what went wrong; after `seconds` in any case. */
export type AskWebhook = (
  config: WebhookClientConfig,
  review: unknown,
  options: { readonly seconds: number; readonly signal?: AbortSignal },
) => Promise<unknown>;

const largestAnswer = 64 * 1024 * 1024;

export function webhookClient({ dialer, reader, random, clock }: WebhookClientOptions): AskWebhook {
  return async (config, review, { seconds, signal }) => {
    if (dialer === undefined) throw new Error("this server reaches no webhooks");
    const { target, path } = webhookTarget(config, reader, random);
    const body = new TextEncoder().encode(JSON.stringify(review));
    const headers = { "content-type": "application/json", accept: "application/json", "content-length": String(body.length) };
    const request = { method: "POST", target: withTimeout(path, seconds), headers, body };
    const giveUp = new AbortController();
    const onAbort = (): void => giveUp.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    using _timer = clock.after(seconds * 1000, () => giveUp.abort(new Error("context deadline exceeded")));
    try {
      signal?.throwIfAborted();
      const answer = await untilAborted(dialer.request(target, request, giveUp.signal), giveUp.signal);
      const text = await untilAborted(textOfBody(answer.body, largestAnswer), giveUp.signal);
      if (answer.status < 200 || answer.status > 299) throw new Error(`the server answered ${answer.status}: ${text.slice(0, 200)}`);
      return parseJson(text).value;
    } catch (error) {
      // Why it was given up says more than that it was.
      if (giveUp.signal.aborted) throw giveUp.signal.reason;
      // What is left of the answer isn't read any more.
      giveUp.abort(error);
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  };
}

/** The path as it is asked for: a webhook is told how long it may take. */
export function withTimeout(path: string, seconds: number): string {
  return `${path}${path.includes("?") ? "&" : "?"}timeout=${seconds}s`;
}

/** A dialer need not mind the signal in all that it waits for. */
function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
