import type { SeatDemand } from "./seat-shares.ts";

/** How slowly what a level wanted before is forgotten, from one adjustment to the next: half of it in five minutes. Upstream's. */
const smoothing = 0.977;

/** Keeps track of how many seats a priority level wants: those that it has, and those that its waiting requests would take. */
export class DemandMeter {
  #wanted = 0;
  #since: number;
  #began: number;
  #highest = 0;
  #sum = 0;
  #squares = 0;
  #smoothed = 0;

  /** `now` in milliseconds, as everywhere here. */
  constructor(now: number) {
    this.#since = now;
    this.#began = now;
  }

  set(wanted: number, now: number): void {
    this.#add(now);
    this.#wanted = wanted;
    if (wanted > this.#highest) this.#highest = wanted;
  }

  /** The demand since the last time, which was `periods` adjustments ago. */
  take(now: number, periods: number): SeatDemand {
    this.#add(now);
    const time = now - this.#began;
    const average = time > 0 ? this.#sum / time : this.#wanted;
    const deviation = time > 0 ? Math.sqrt(Math.max(0, this.#squares / time - average ** 2)) : 0;
    const envelope = average + deviation;
    const kept = smoothing ** periods;
    this.#smoothed = Math.max(envelope, kept * this.#smoothed + (1 - kept) * envelope);
    const highest = this.#highest;
    this.#began = now;
    this.#highest = this.#wanted;
    this.#sum = 0;
    this.#squares = 0;
    return { highest, smoothed: this.#smoothed };
  }

  #add(now: number): void {
    const time = now - this.#since;
    this.#since = now;
    this.#sum += this.#wanted * time;
    this.#squares += this.#wanted ** 2 * time;
  }
}
