/**
 * One number for each slot. It grows with the snapshot, so hold the column and not its `values`.
 */
export class Column {
  values: Float64Array<ArrayBuffer>;

  constructor(capacity = 0) {
    this.values = new Float64Array(capacity);
  }

  grow(capacity: number): void {
    const larger = new Float64Array(capacity);
    larger.set(this.values);
    this.values = larger;
  }
}

/** A few yes-or-no questions about the Node in each slot, so that asking them doesn't touch thousands of objects. */
export class TraitColumn {
  #bits = new Uint8Array(0);

  has(slot: number, trait: Trait): boolean {
    return (this.#bits[slot]! & trait) !== 0;
  }

  set(slot: number, traits: number): void {
    this.#bits[slot] = traits;
  }

  grow(capacity: number): void {
    const larger = new Uint8Array(capacity);
    larger.set(this.#bits);
    this.#bits = larger;
  }
}

export const traits = {
  /** `spec.unschedulable` */
  cordoned: 1,
  /** Has taints that keep Pods off. */
  repels: 2,
  /** Has taints that should keep Pods off. */
  discourages: 4,
  hasImages: 8,
} as const;

export type Trait = (typeof traits)[keyof typeof traits];

/** Amounts of resources for each slot, in the units of `Resources`. */
export class ResourceColumns {
  readonly cpu: Column = new Column();
  readonly memory: Column = new Column();
  readonly ephemeralStorage: Column = new Column();
  readonly pods: Column = new Column();
  readonly #scalars = new Map<string, Column>();
  #capacity = 0;

  /** The column of a resource by its name. */
  of(resource: string): Column {
    switch (resource) {
      case "cpu":
        return this.cpu;
      case "memory":
        return this.memory;
      case "ephemeral-storage":
        return this.ephemeralStorage;
      case "pods":
        return this.pods;
      default:
        return this.#scalar(resource);
    }
  }

  get scalars(): Iterable<Column> {
    return this.#scalars.values();
  }

  grow(capacity: number): void {
    this.#capacity = capacity;
    for (const column of [this.cpu, this.memory, this.ephemeralStorage, this.pods, ...this.#scalars.values()]) column.grow(capacity);
  }

  #scalar(resource: string): Column {
    let column = this.#scalars.get(resource);
    if (column === undefined) {
      column = new Column(this.#capacity);
      this.#scalars.set(resource, column);
    }
    return column;
  }
}
