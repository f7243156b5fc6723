/** Slots ordered by a rank, the greatest on top; any slot can be moved or taken out. */
export class NodeHeap {
  size = 0;
  /** By slot. */
  #ranks = new Float64Array(0);
  #slots = new Int32Array(0);
  /** Where a slot is in the heap, plus one; 0 when it isn't. */
  #places = new Int32Array(0);

  /** The slot of the greatest rank, or -1. */
  top(): number {
    return this.size === 0 ? -1 : this.#slots[0]!;
  }

  has(slot: number): boolean {
    return this.#places[slot]! > 0;
  }

  rankOf(slot: number): number {
    return this.#ranks[slot]!;
  }

  /** Makes room for slots below `capacity`. */
  reserve(capacity: number): void {
    const [ranks, slots, places] = [new Float64Array(capacity), new Int32Array(capacity), new Int32Array(capacity)];
    ranks.set(this.#ranks);
    slots.set(this.#slots);
    places.set(this.#places);
    this.#ranks = ranks;
    this.#slots = slots;
    this.#places = places;
  }

  /** Puts a slot in, or to its new place. */
  put(slot: number, rank: number): void {
    const place = this.#places[slot]! - 1;
    const before = this.#ranks[slot]!;
    this.#ranks[slot] = rank;
    if (place < 0) this.#rise(slot, this.size++);
    else if (rank > before) this.#rise(slot, place);
    else if (rank < before) this.#sink(slot, place);
  }

  remove(slot: number): void {
    const place = this.#places[slot]! - 1;
    if (place < 0) return;
    this.#places[slot] = 0;
    const last = this.#slots[--this.size]!;
    if (last === slot) return;
    if (this.#ranks[last]! > this.#ranks[slot]!) this.#rise(last, place);
    else this.#sink(last, place);
  }

  clear(): void {
    this.#places.fill(0);
    this.size = 0;
  }

  /** Gives every slot in the heap a new rank. */
  rerank(rankOf: (slot: number) => number): void {
    for (let place = 0; place < this.size; place++) this.#ranks[this.#slots[place]!] = rankOf(this.#slots[place]!);
    for (let place = (this.size >> 1) - 1; place >= 0; place--) this.#sink(this.#slots[place]!, place);
  }

  #rise(slot: number, from: number): void {
    const [ranks, slots, places] = [this.#ranks, this.#slots, this.#places];
    const rank = ranks[slot]!;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = slots[parent]!;
      if (rank <= ranks[above]!) break;
      slots[place] = above;
      places[above] = place + 1;
      place = parent;
    }
    slots[place] = slot;
    places[slot] = place + 1;
  }

  #sink(slot: number, from: number): void {
    const [ranks, slots, places] = [this.#ranks, this.#slots, this.#places];
    const rank = ranks[slot]!;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && ranks[slots[child + 1]!]! > ranks[slots[child]!]!) child++;
      const below = slots[child]!;
      if (ranks[below]! <= rank) break;
      slots[place] = below;
      places[below] = place + 1;
      place = child;
    }
    slots[place] = slot;
    places[slot] = place + 1;
  }
}
