/**
 * The queues that a flow may wait in: a hand of different ones, dealt by what the flow is. Two flows rarely have the same hand, so one that
 * floods its queues leaves most others some queue without it.
 */
export function handOf(flow: string, { queues, handSize }: { readonly queues: number; readonly handSize: number }): readonly number[] {
  // 52 bits, from two hashes: enough for a hand of eight out of a hundred.
  let entropy = (hash(flow, 0x811c9dc5) & 0x3ffffff) * 0x4000000 + (hash(flow, 0x01234567) & 0x3ffffff);
  const hand: number[] = [];
  for (let dealt = 0; dealt < Math.min(handSize, queues); dealt++) {
    const left = queues - dealt;
    let card = entropy % left;
    entropy = Math.floor(entropy / left);
    // The cards that were dealt are out of the deck.
    for (const before of hand.toSorted((a, b) => a - b)) if (card >= before) card++;
    hand.push(card);
  }
  return hand;
}

/** FNV-1a, mixed once more: its low bits alone are poor. */
function hash(text: string, seed: number): number {
  let value = seed;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
