import type { KubernetesObject, ManagedFieldsEntry } from "@kubets/machinery";
import type { AdmissionAttributes, MutatingAttributes, MutationRound } from "../contracts.ts";
import type { AdmissionChain } from "./admission-chain.ts";

/** What admission is asked about; the object and its predecessor are added step by step. */
export type AdmissionSubject = Omit<AdmissionAttributes, "object" | "previous">;

/** Fills in the defaults of an object; `before` is one that has them and from which it was made. */
export type Completer = (object: KubernetesObject, before?: KubernetesObject) => KubernetesObject;

/** Lets every plugin change the object, one after the other; `complete` fills in the defaults of what they added. */
export async function mutate(
  chain: AdmissionChain,
  subject: AdmissionSubject,
  { object, previous, complete, managedFields }: MutationOptions,
): Promise<KubernetesObject> {
  const round = new Round(complete);
  const attributes: MutatingAttributes = { ...subject, object, managedFields, round, ...(previous === undefined ? {} : { previous }) };
  let changed = await chain.mutate(attributes);
  if (round.begins()) changed = await chain.mutate({ ...attributes, object: changed });
  return changed === object ? object : complete(changed, object);
}

export interface MutationOptions {
  readonly object: KubernetesObject;
  readonly previous: KubernetesObject | undefined;
  readonly complete: Completer;
  /** Absent where nobody keeps track. */
  readonly managedFields?: readonly ManagedFieldsEntry[] | undefined;
}

/** The first round of a write, and then the second where one is required. */
export class Round implements MutationRound {
  isSecond = false;
  readonly complete: Completer;
  #required = false;
  #memories: Map<string, unknown> | undefined;

  constructor(complete: Completer) {
    this.complete = complete;
  }

  requireSecond(): void {
    this.#required = true;
  }

  memory<T>(plugin: string, make: () => T): T {
    const memories = (this.#memories ??= new Map());
    if (!memories.has(plugin)) memories.set(plugin, make());
    return memories.get(plugin) as T;
  }

  /** Begins the second round, if there is to be one. */
  begins(): boolean {
    return (this.isSecond = this.#required);
  }
}
