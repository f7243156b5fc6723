/** Remembers values by key, as many as there is room for: those that were asked for last. At least the newest is kept. */
export class RecentlyUsed<Value> {
  /** In the order of last use, oldest first. */
  readonly #values = new Map<string, Value>();
  readonly #room: () => number;
  readonly #forget: (value: Value) => void;

  /** `forget` is told of what is remembered no longer, unless it was removed. */
  constructor(room: () => number, forget: (value: Value) => void = () => {}) {
    this.#room = room;
    this.#forget = forget;
  }

  get(key: string): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  put(key: string, value: Value): Value {
    const replaced = this.#values.get(key);
    if (replaced !== undefined && replaced !== value) this.#forget(replaced);
    this.#values.set(key, value);
    for (const [oldest, forgotten] of this.#values) {
      if (this.#values.size <= Math.max(1, this.#room())) break;
      this.#values.delete(oldest);
      this.#forget(forgotten);
    }
    return value;
  }

  remove(key: string): boolean {
    return this.#values.delete(key);
  }
}
