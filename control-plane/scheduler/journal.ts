/**
 * The slots in the order in which they changed. Whoever remembers an {@link end} finds what changed since, as long as the journal still
 * {@link tells} it: it keeps a bounded number of changes.
 */
export class Journal {
  /** The position after the newest change. */
  end = 0;
  /** A power of two long, so that a position becomes an index by a mask. */
  #slots = new Int32Array(1024);
  #start = 0;

  record(slot: number): void {
    this.#slots[this.end & (this.#slots.length - 1)] = slot;
    this.end++;
  }

  /** Whether all changes since `position` are still known. */
  tells(position: number): boolean {
    return position >= this.#start && this.end - position <= this.#slots.length;
  }

  at(position: number): number {
    return this.#slots[position & (this.#slots.length - 1)]!;
  }

  /** Makes it worth remembering for `slots` slots; what it knew is forgotten. */
  reserve(slots: number): void {
    if (this.#slots.length >= 2 * slots) return;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * slots)));
    this.#start = this.end;
  }
}
