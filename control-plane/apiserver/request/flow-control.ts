import { tooManyRequests } from "@kubets/machinery";
import type { RequestInfo } from "../contracts.ts";

/** How many requests may be under way at once. Watches, logs and upgrades are counted until their head is answered. */
export interface FlowControlLimits {
  readonly reading: number;
  readonly mutating: number;
}

/** Upstream's `--max-requests-inflight` and `--max-mutating-requests-inflight`. */
export const defaultLimits: FlowControlLimits = { reading: 400, mutating: 200 };

/** A bound on the requests under way, so that a flood is told to come back instead of filling the memory: where no FlowSchema says more. */
export interface FlowControl {
  /** Takes a place until disposed of. Throws `TooManyRequests` when there is none. */
  enter(info: RequestInfo): Disposable;
}

type Lane = "reading" | "mutating";

export function createFlowControl(limits: FlowControlLimits): FlowControl {
  const underWay: Record<Lane, number> = { reading: 0, mutating: 0 };
  return {
    enter(info) {
      const lane = laneOf(info);
      if (lane === undefined) return free;
      if (underWay[lane] >= limits[lane]) throw tooManyRequests("Too many requests, please try again later.", 1);
      return new Place(underWay, lane);
    },
  };
}

class Place implements Disposable {
  readonly #underWay: Record<Lane, number>;
  readonly #lane: Lane;
  #isLeft = false;

  constructor(underWay: Record<Lane, number>, lane: Lane) {
    this.#underWay = underWay;
    this.#lane = lane;
    underWay[lane]++;
  }

  [Symbol.dispose](): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#underWay[this.#lane]--;
  }
}

const free: Disposable = { [Symbol.dispose]() {} };

const longRunning: ReadonlySet<string> = new Set(["attach", "exec", "log", "portforward", "proxy"]);

/** Requests whose answers may go on for hours. */
export function isLongRunning({ verb, resource }: RequestInfo): boolean {
  return verb === "watch" || (resource !== undefined && longRunning.has(resource.subresource));
}

function laneOf(info: RequestInfo): Lane | undefined {
  const { verb, resource } = info;
  if (resource === undefined || isLongRunning(info)) return undefined;
  return verb === "get" || verb === "list" ? "reading" : "mutating";
}
