import type { PriorityLevelConfiguration } from "@kubets/api";

/** The seats that a priority level may have, by its configuration. */
export interface SeatBounds {
  /** Its own, by its shares. */
  readonly nominal: number;
  /** What it never lends. */
  readonly least: number;
  /** With all that it may borrow. */
  readonly most: number;
}

/** How many seats a level wanted lately. */
export interface SeatDemand {
  /** The most at any moment. */
  readonly highest: number;
  /** What it wanted on average and as much as it often wanted beyond, falling off slowly when it wants less. */
  readonly smoothed: number;
}

/** The bounds of each of some levels that share `seats`. A level that isn't limited borrows without limit. */
export function seatBounds(levels: readonly PriorityLevelConfiguration[], seats: number): ReadonlyMap<string, SeatBounds> {
  const configured = levels.map(({ metadata, spec }) => ({ name: metadata.name, ...sharesOf(spec) }));
  const shares = configured.reduce((sum, level) => sum + level.nominalConcurrencyShares, 0);
  return new Map(
    configured.map(({ name, nominalConcurrencyShares, lendablePercent, borrowingLimitPercent }) => {
      const nominal = Math.ceil((seats * nominalConcurrencyShares) / Math.max(1, shares));
      const least = nominal - Math.round((nominal * lendablePercent) / 100);
      const most = borrowingLimitPercent === undefined ? seats : nominal + Math.round((nominal * borrowingLimitPercent) / 100);
      return [name, { nominal, least, most: Math.max(nominal, most) }];
    }),
  );
}

function sharesOf({ limited, exempt }: PriorityLevelConfiguration["spec"]): {
  readonly nominalConcurrencyShares: number;
  readonly lendablePercent: number;
  readonly borrowingLimitPercent?: number;
} {
  return limited ?? exempt ?? { nominalConcurrencyShares: 0, lendablePercent: 0 };
}

/** What a level counts with that wants nothing: if nobody wants a seat, somebody has to have it nevertheless. Upstream's. */
const leastTarget = 0.001;

/**
 * Divides `seats` among levels: each gets what it lately wanted of its own, or what it never lends if that is more; what is left over is
 * shared in the proportion of their demands, to each at most with all that it may borrow.
 */
export function divideSeats(
  seats: number,
  levels: readonly { readonly bounds: SeatBounds; readonly demand: SeatDemand }[],
): readonly number[] {
  const wanted = levels.map(({ bounds, demand }) => {
    const least = Math.max(bounds.least, Math.min(bounds.nominal, demand.highest));
    return { least, most: Math.max(least, bounds.most), target: Math.max(least, demand.smoothed, leastTarget) };
  });
  const given = ({ least, most, target }: (typeof wanted)[number], fraction: number): number =>
    Math.min(most, Math.max(least, fraction * target));
  const sum = (fraction: number): number => {
    let total = 0;
    for (let index = 0; index < wanted.length; index++) total += given(wanted[index]!, fraction);
    return total;
  };
  let [low, high] = [0, seats / leastTarget];
  // The sum grows with the fraction: halving finds the one at which it is all seats, to far less than one of them.
  for (let halving = 0; halving < 60; halving++) {
    const middle = (low + high) / 2;
    if (sum(middle) <= seats) low = middle;
    else high = middle;
  }
  return wanted.map((level) => Math.round(given(level, low)));
}
