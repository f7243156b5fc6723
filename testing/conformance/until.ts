import { type Clock, sleep } from "@kubets/machinery";

const patience = 60_000;
const interval = 50;

/** Resolves when the check passes, on a clock that runs. Rejects with what was wrong last when it still doesn't after 60 s. */
export async function until(clock: Clock, check: () => Promise<void>): Promise<void> {
  const began = clock.monotonic();
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (clock.monotonic() - began > patience) throw error;
    }
    await sleep(clock, interval);
  }
}
