import type { KubernetesObject } from "@kubets/machinery";
import type { AdmissionAttributes, AdmissionPlugin } from "../contracts.ts";

/** What admission is asked about; the object and its predecessor are added step by step. */
export type AdmissionSubject = Omit<AdmissionAttributes, "object" | "previous">;

/** Fills in the defaults of an object; `before` is one that has them and from which it was made. */
export type Completer = (object: KubernetesObject, before?: KubernetesObject) => KubernetesObject;

/** Lets every plugin change the object, one after the other; `complete` fills in the defaults of what they added. */
export async function mutate(
  plugins: readonly AdmissionPlugin[],
  subject: AdmissionSubject,
  { object, previous, complete }: MutationOptions,
): Promise<KubernetesObject> {
  let attributes = { ...subject, object, ...(previous === undefined ? {} : { previous }) };
  for (const plugin of plugins) {
    if (plugin.mutate === undefined) continue;
    const answer = plugin.mutate(attributes);
    // Most answer at once, and every wait is a detour.
    const changed = answer instanceof Promise ? await answer : answer;
    if (changed !== attributes.object) attributes = { ...attributes, object: changed };
  }
  return attributes.object === object ? object : complete(attributes.object, object);
}

export interface MutationOptions {
  readonly object: KubernetesObject;
  readonly previous: KubernetesObject | undefined;
  readonly complete: Completer;
}

/** Asks every plugin; the first refusal ends it. */
export async function validate(plugins: readonly AdmissionPlugin[], attributes: AdmissionAttributes): Promise<void> {
  for (const plugin of plugins) {
    const answer = plugin.validate?.(attributes);
    if (answer !== undefined) await answer;
  }
}
