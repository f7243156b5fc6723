/** Where every slot is in its heap, plus one; 0 when it is in none. For heaps none of which has a slot that another one has. */
export class SlotPlaces {
  values: Int32Array = new Int32Array(0);

  /** Makes room for slots below `capacity`. */
  reserve(capacity: number): void {
    const larger = new Int32Array(capacity);
    larger.set(this.values);
    this.values = larger;
  }
}

/** Children of a place. They are compared with one another all the time: four are next to each other in memory, and the way up is short. */
const width = 4;

/** Slots ordered by a rank, the greatest on top; any slot can be moved or taken out. */
export class NodeHeap {
  size = 0;
  readonly #places: SlotPlaces;
  // By place.
  #slots = new Int32Array(16);
  #ranks = new Float64Array(16);

  constructor(places: SlotPlaces) {
    this.#places = places;
  }

  /** The slot of the greatest rank, or -1. */
  top(): number {
    return this.size === 0 ? -1 : this.#slots[0]!;
  }

  topRank(): number {
    return this.#ranks[0]!;
  }

  /** Puts a slot in, or to its new place. */
  put(slot: number, rank: number): void {
    const place = this.#places.values[slot]! - 1;
    if (place < 0) {
      this.#grow();
      this.#rise(slot, rank, this.size++);
    } else if (rank > this.#ranks[place]!) {
      this.#rise(slot, rank, place);
    } else if (rank < this.#ranks[place]!) {
      this.#sink(slot, rank, place);
    }
  }

  /** Puts a slot at the end. {@link order} has to follow: it orders any number of them in less time than they take one by one. */
  append(slot: number, rank: number): void {
    this.#grow();
    this.#set(this.size++, slot, rank);
  }

  order(): void {
    for (let place = Math.floor((this.size - 2) / width); place >= 0; place--) this.#sink(this.#slots[place]!, this.#ranks[place]!, place);
  }

  remove(slot: number): void {
    const place = this.#places.values[slot]! - 1;
    if (place < 0) return;
    this.#places.values[slot] = 0;
    const [last, rank] = [this.#slots[--this.size]!, this.#ranks[this.size]!];
    if (last === slot) return;
    if (rank > this.#ranks[place]!) this.#rise(last, rank, place);
    else this.#sink(last, rank, place);
  }

  #rise(slot: number, rank: number, from: number): void {
    let place = from;
    while (place > 0) {
      const parent = Math.floor((place - 1) / width);
      if (rank <= this.#ranks[parent]!) break;
      this.#set(place, this.#slots[parent]!, this.#ranks[parent]!);
      place = parent;
    }
    this.#set(place, slot, rank);
  }

  #sink(slot: number, rank: number, from: number): void {
    const ranks = this.#ranks;
    let place = from;
    for (;;) {
      const first = width * place + 1;
      if (first >= this.size) break;
      let greatest = first;
      const end = Math.min(first + width, this.size);
      for (let child = first + 1; child < end; child++) if (ranks[child]! > ranks[greatest]!) greatest = child;
      if (ranks[greatest]! <= rank) break;
      this.#set(place, this.#slots[greatest]!, ranks[greatest]!);
      place = greatest;
    }
    this.#set(place, slot, rank);
  }

  #set(place: number, slot: number, rank: number): void {
    this.#slots[place] = slot;
    this.#ranks[place] = rank;
    this.#places.values[slot] = place + 1;
  }

  #grow(): void {
    if (this.size < this.#slots.length) return;
    const [slots, ranks] = [new Int32Array(2 * this.size), new Float64Array(2 * this.size)];
    slots.set(this.#slots);
    ranks.set(this.#ranks);
    this.#slots = slots;
    this.#ranks = ranks;
  }
}
