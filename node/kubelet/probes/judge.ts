import type { Probe } from "@kubets/api";

/** How a probe has gone lately. */
export interface ProbeOutlook {
  readonly last?: boolean;
  /** How often in a row the last result came. */
  readonly times: number;
  readonly verdict?: boolean;
}

export const firstOutlook: ProbeOutlook = { times: 0 };

/** What one more result makes of it: a verdict once it came often enough in a row, and only when that is news. */
export function judge(
  outlook: ProbeOutlook,
  healthy: boolean,
  { successThreshold, failureThreshold }: Pick<Probe, "successThreshold" | "failureThreshold">,
): { readonly next: ProbeOutlook; readonly verdict?: boolean } {
  const times = outlook.last === healthy ? outlook.times + 1 : 1;
  const next: ProbeOutlook = { ...outlook, last: healthy, times };
  if (times < (healthy ? successThreshold : failureThreshold)) return { next };
  const isNews = outlook.verdict !== healthy || !healthy;
  return { next: { ...next, verdict: healthy }, ...(isNews ? { verdict: healthy } : {}) };
}
