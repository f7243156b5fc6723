import type { KubernetesObject } from "@kubets/machinery";
import type { AdmissionAttributes, AdmissionPlugin } from "../contracts.ts";

/** What admission is asked about; the object and its predecessor are added step by step. */
export type AdmissionSubject = Omit<AdmissionAttributes, "object" | "previous">;

/** Lets every plugin change the object, one after the other; `complete` fills in the defaults of what they added. */
export async function mutate(
  plugins: readonly AdmissionPlugin[],
  subject: AdmissionSubject,
  { object, previous, complete }: MutationOptions,
): Promise<KubernetesObject> {
  let current = object;
  for (const plugin of plugins) {
    if (plugin.mutate === undefined) continue;
    current = await plugin.mutate({ ...subject, object: current, ...(previous === undefined ? {} : { previous }) });
  }
  return current === object ? object : complete(current);
}

export interface MutationOptions {
  readonly object: KubernetesObject;
  readonly previous: KubernetesObject | undefined;
  readonly complete: (object: KubernetesObject) => KubernetesObject;
}

/** Asks every plugin; the first refusal ends it. */
export async function validate(plugins: readonly AdmissionPlugin[], attributes: AdmissionAttributes): Promise<void> {
  for (const plugin of plugins) await plugin.validate?.(attributes);
}
