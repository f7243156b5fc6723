/** A priority queue whose items are found, replaced and removed by their key. */
export class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #places = new Map<string, number>();
  readonly #keyOf: (item: Item) => string;
  readonly #before: (a: Item, b: Item) => boolean;

  constructor(keyOf: (item: Item) => string, before: (a: Item, b: Item) => boolean) {
    this.#keyOf = keyOf;
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  top(): Item | undefined {
    return this.#items[0];
  }

  /** Adds an item, in place of the one with its key. */
  put(item: Item): void {
    const known = this.#places.get(this.#keyOf(item));
    const place = this.#rise(item, known ?? this.#items.length);
    if (place === known) this.#sink(item, place);
  }

  pop(): Item | undefined {
    const top = this.#items[0];
    if (top !== undefined) this.remove(this.#keyOf(top));
    return top;
  }

  remove(key: string): Item | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const item = this.#items[place]!;
    this.#places.delete(key);
    const last = this.#items.pop()!;
    if (place < this.#items.length && this.#rise(last, place) === place) this.#sink(last, place);
    return item;
  }

  #rise(item: Item, place: number): number {
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#before(item, this.#items[parent]!)) break;
      this.#set(this.#items[parent]!, place);
      place = parent;
    }
    this.#set(item, place);
    return place;
  }

  #sink(item: Item, place: number): void {
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#items.length) break;
      if (child + 1 < this.#items.length && this.#before(this.#items[child + 1]!, this.#items[child]!)) child++;
      if (!this.#before(this.#items[child]!, item)) break;
      this.#set(this.#items[child]!, place);
      place = child;
    }
    this.#set(item, place);
  }

  #set(item: Item, place: number): void {
    this.#items[place] = item;
    this.#places.set(this.#keyOf(item), place);
  }
}
