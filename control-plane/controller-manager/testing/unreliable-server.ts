import { type Mishaps, unreliable as unreliableServer } from "@kubets/client/testing";
import type { Handler, Random } from "@kubets/machinery";

const mishaps: Mishaps = { refused: 0.05, busy: 0.05, expired: 0.02, lost: 0.05, broken: 1, mostPieces: 12 };

/** A server whose answers get lost, or come too late, by chance; also of writes that it has carried out. */
export function unreliable(handle: Handler, random: Random): Handler {
  return unreliableServer(handle, random, mishaps);
}
