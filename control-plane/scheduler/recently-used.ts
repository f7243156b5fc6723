/** Remembers values by key, as many as there is room for: those that were asked for last. At least the newest is kept. */
export class RecentlyUsed<Value> {
  /** In the order of last use, oldest first. */
  readonly #values = new Map<string, Value>();
  readonly #room: () => number;

  constructor(room: () => number) {
    this.#room = room;
  }

  get(key: string): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  put(key: string, value: Value): Value {
    this.#values.set(key, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= Math.max(1, this.#room())) break;
      this.#values.delete(oldest);
    }
    return value;
  }

  remove(key: string): boolean {
    return this.#values.delete(key);
  }
}
