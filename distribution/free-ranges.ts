import { readdirSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import type { ClusterSettings } from "./data-directory.ts";

type Ranges = Pick<ClusterSettings, "podRange" | "serviceRange">;

/** As many clusters as can live side by side on one machine with ranges of the usual sizes. */
const mostClusters = 8;

/**
 * Ranges for a new cluster: upstream's usual ones, or the next that neither another cluster beside its data directory has written down
 * nor an interface of this machine has an address in.
 */
export function freeRanges(
  dataDirectory: string,
  addresses: readonly string[] = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []),
): Ranges {
  const others = rangesBeside(dataDirectory);
  const isFree = ({ podRange, serviceRange }: Ranges): boolean =>
    !others.some((other) => other.podRange === podRange || other.serviceRange === serviceRange) &&
    !addresses.some((address) => address.startsWith(podRange.slice(0, podRange.indexOf(".0.0/") + 1)));
  return candidates.find(isFree) ?? candidates[0]!;
}

// Pods 10.244.0.0/16, 10.245.0.0/16, …; Services 10.96.0.0/12, 10.112.0.0/12, …: none lies within another.
const candidates: readonly Ranges[] = Array.from({ length: mostClusters }, (_, index) => ({
  podRange: `10.${244 + index}.0.0/16`,
  serviceRange: `10.${96 + 16 * index}.0.0/12`,
}));

function rangesBeside(dataDirectory: string): readonly Partial<Ranges>[] {
  const folder = dirname(dataDirectory);
  const names = ((): readonly string[] => {
    try {
      return readdirSync(folder);
    } catch {
      // The first cluster of this machine.
      return [];
    }
  })();
  return names.flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(folder, name, "cluster.json"), "utf8")) as Partial<Ranges>];
    } catch {
      return [];
    }
  });
}
