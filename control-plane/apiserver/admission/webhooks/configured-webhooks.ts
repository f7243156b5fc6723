import type { Kind, KubernetesObject } from "@kubets/machinery";
import type { ObjectReader } from "../../contracts.ts";

/** A webhook, and what tells it from all others: its configuration may be written anew while it stays the same. */
export interface ConfiguredWebhook<T> {
  readonly webhook: T;
  readonly id: string;
}

/** All webhooks of the configurations of a kind: configurations by their names, and the webhooks of each in its order. */
export function configuredWebhooks<T extends { readonly name: string }>(
  reader: ObjectReader,
  kind: Kind<KubernetesObject & { readonly webhooks?: readonly T[] }>,
): () => readonly ConfiguredWebhook<T>[] {
  let known: { readonly since: number; readonly webhooks: readonly ConfiguredWebhook<T>[] } | undefined;
  return () => {
    const since = reader.lastChange?.(kind);
    if (known !== undefined && known.since === since) return known.webhooks;
    const webhooks = reader
      .list(kind, "")
      .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
      .flatMap(({ metadata, webhooks: own = [] }) => own.map((webhook) => ({ webhook, id: `${metadata.name}/${webhook.name}` })));
    known = since === undefined ? undefined : { since, webhooks };
    return webhooks;
  };
}
