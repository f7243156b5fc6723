import { groupResourceOf, type Kind, type KubernetesObject, type StatusError } from "@kubets/machinery";

/** Something that only one object may have (an address, a port), held for an object that is being written. */
export interface Claim extends Disposable {
  /** The object with what was claimed in it. */
  readonly object: KubernetesObject;
  /**
   * Writes down what is claimed where other servers see it, before the object is written. Throws {@link ClaimLost} where another was faster and
   * something else can be claimed instead.
   */
  record?(): Promise<void>;
  /** The object is written: what was claimed stays with it, and what it gave up is free. Otherwise disposing undoes the claim. */
  keep(): void | Promise<void>;
  /** The object was not written after all: nothing is written down any more. */
  abandon?(): Promise<void>;
}

/** What objects of one kind claim. Synchronous, so that nothing comes between looking and taking. */
export interface Claimer {
  onCreate(object: KubernetesObject): Claim;
  onUpdate(object: KubernetesObject, previous: KubernetesObject): Claim;
  onDelete(object: KubernetesObject): void | Promise<void>;
}

/** Somebody else has what was claimed: the write is tried again with another claim. */
export class ClaimLost extends Error {
  override readonly name: string = "ClaimLost";
  /** What the writer is told when no claim succeeds. */
  readonly answer: StatusError;

  constructor(answer: StatusError) {
    super(answer.message);
    this.answer = answer;
  }
}

export interface Claims {
  of(kind: Kind): Claimer | undefined;
}

export function createClaims(claimers: ReadonlyMap<string, Claimer>): Claims {
  return { of: (kind) => claimers.get(groupResourceOf(kind)) };
}

/** For kinds that claim nothing. */
export function noClaim(object: KubernetesObject): Claim {
  return new NoClaim(object);
}

class NoClaim implements Claim {
  readonly object: KubernetesObject;

  constructor(object: KubernetesObject) {
    this.object = object;
  }

  keep(): void {}
  [Symbol.dispose](): void {}
}
