import { type Clock, tooManyRequests } from "@kubets/machinery";
import { DemandMeter } from "./seat-demand.ts";
import type { SeatDemand } from "./seat-shares.ts";
import { handOf } from "./shuffle-sharding.ts";

/** How a priority level is limited now. */
export interface LevelLimits {
  /** How many requests are served at once, if each takes one seat. */
  readonly seats: number;
  /** Absent: what finds no seat is refused. */
  readonly queuing?: { readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number };
}

/** Why requests are told to come again. */
export type Rejection = "cancelled" | "concurrency-limit" | "queue-full" | "time-out";

/** What asks for seats. */
export interface SeatRequest {
  readonly flow: string;
  /** How many seats it takes: as many as there are, where it would take more. */
  readonly width: number;
  readonly signal: AbortSignal;
  readonly onReject: (why: Rejection) => void;
}

interface Waiting {
  readonly queue: number;
  readonly width: number;
  begin(): void;
}

/** As long as a request waits for a seat: a quarter of the minute that it may take. */
const longestWait = 15_000;

/** The seats of a priority level, and the requests that wait for one: each flow in a queue of its hand, the queues in turn. */
export class LevelQueues {
  readonly #clock: Pick<Clock, "after" | "monotonic">;
  readonly #demand: DemandMeter;
  #limits: LevelLimits;
  #executing = 0;
  #seatsTaken = 0;
  #waiting = 0;
  #seatsWanted = 0;
  /** By the number of the queue; those without requests are absent, and who was served goes to the end. */
  readonly #queues = new Map<number, Waiting[]>();
  #dispatched = 0;
  readonly #rejected: Record<Rejection, number> = { cancelled: 0, "concurrency-limit": 0, "queue-full": 0, "time-out": 0 };

  constructor(limits: LevelLimits, clock: Pick<Clock, "after" | "monotonic">) {
    this.#limits = limits;
    this.#clock = clock;
    this.#demand = new DemandMeter(clock.monotonic());
  }

  get limits(): LevelLimits {
    return this.#limits;
  }

  set limits(limits: LevelLimits) {
    this.#limits = limits;
    this.#dispatch();
  }

  get numbers(): {
    readonly executing: number;
    readonly seatsTaken: number;
    readonly waiting: number;
    readonly dispatched: number;
    readonly rejected: Readonly<Record<Rejection, number>>;
    readonly queues: ReadonlyMap<number, number>;
  } {
    return {
      executing: this.#executing,
      seatsTaken: this.#seatsTaken,
      waiting: this.#waiting,
      dispatched: this.#dispatched,
      rejected: this.#rejected,
      queues: new Map([...this.#queues].map(([queue, { length }]) => [queue, length])),
    };
  }

  /** How many seats were wanted since the last time, which was so many adjustments ago. */
  takeDemand(periods: number): SeatDemand {
    return this.#demand.take(this.#clock.monotonic(), periods);
  }

  /**
   * Takes seats until disposed of: at once where there are as many, otherwise when it is the flow's turn. Throws, or rejects with,
   * `TooManyRequests`. `onReject` is told why.
   */
  enter({ flow, width, signal, onReject }: SeatRequest): Disposable | Promise<Disposable> {
    if (this.#waiting === 0 && this.#hasRoomFor(width)) return this.#seat(width);
    const { queuing } = this.#limits;
    const reject = (why: Rejection): Error => {
      this.#rejected[why]++;
      onReject(why);
      return tooManyRequests("Too many requests, please try again later.", 1);
    };
    if (queuing === undefined) throw reject("concurrency-limit");
    const lengthOf = (queue: number): number => this.#queues.get(queue)?.length ?? 0;
    const queue = handOf(flow, queuing).reduce((shortest, each) => (lengthOf(each) < lengthOf(shortest) ? each : shortest));
    if (lengthOf(queue) >= queuing.queueLengthLimit) throw reject("queue-full");
    return new Promise((resolve, refuse) => {
      const waiting: Waiting = {
        queue,
        width,
        begin: () => {
          leave();
          resolve(this.#seat(width));
        },
      };
      const giveUp = (why: Rejection): void => {
        leave();
        refuse(reject(why));
      };
      const onAbort = (): void => giveUp("cancelled");
      const timer = this.#clock.after(longestWait, () => giveUp("time-out"));
      const leave = (): void => {
        timer[Symbol.dispose]();
        signal.removeEventListener("abort", onAbort);
        this.#remove(waiting);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting++;
      this.#seatsWanted += width;
      this.#measure();
      const known = this.#queues.get(queue);
      if (known === undefined) this.#queues.set(queue, [waiting]);
      else known.push(waiting);
      if (signal.aborted) onAbort();
    });
  }

  #hasRoomFor(width: number): boolean {
    return this.#seatsTaken === 0 || this.#seatsTaken + width <= this.#limits.seats;
  }

  #measure(): void {
    this.#demand.set(this.#seatsTaken + this.#seatsWanted, this.#clock.monotonic());
  }

  #seat(width: number): Disposable {
    this.#executing++;
    this.#seatsTaken += width;
    this.#dispatched++;
    this.#measure();
    let isTaken = true;
    return {
      [Symbol.dispose]: () => {
        if (!isTaken) return;
        isTaken = false;
        this.#executing--;
        this.#seatsTaken -= width;
        this.#measure();
        this.#dispatch();
      },
    };
  }

  #dispatch(): void {
    while (this.#waiting > 0) {
      const [[queue, requests] = []] = this.#queues;
      // A wide one that has its turn is not overtaken by narrow ones, or it would wait for good.
      if (queue === undefined || requests === undefined || !this.#hasRoomFor(requests[0]!.width)) return;
      // The queue's next request has its turn after those of all others.
      this.#queues.delete(queue);
      this.#queues.set(queue, requests);
      requests[0]!.begin();
    }
  }

  #remove(waiting: Waiting): void {
    const requests = this.#queues.get(waiting.queue);
    const at = requests?.indexOf(waiting) ?? -1;
    if (requests === undefined || at < 0) return;
    requests.splice(at, 1);
    this.#waiting--;
    this.#seatsWanted -= waiting.width;
    this.#measure();
    if (requests.length === 0) this.#queues.delete(waiting.queue);
  }
}
