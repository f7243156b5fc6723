import type { Duplex } from "./handler.ts";

/** Carries the bytes of each side to the other, until both have ended or one has broken. */
export async function pipe(a: Duplex, b: Duplex): Promise<void> {
  await Promise.all([carry(a, b), carry(b, a)]);
}

async function carry(from: Duplex, to: Duplex): Promise<void> {
  try {
    for await (const bytes of from.readable) await to.write(bytes);
    await to.end();
  } catch (error) {
    // One side is gone: what the other still has to say, nobody hears.
    await Promise.allSettled([to.end(error), from.end(error)]);
  }
}
