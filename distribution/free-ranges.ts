import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { ClusterSettings } from "./data-directory.ts";

type Ranges = Pick<ClusterSettings, "podRange" | "serviceRange">;

/** As many clusters as can live side by side on one machine with ranges of the usual sizes. */
const mostClusters = 8;

/** What is known of a machine when ranges are chosen on it. */
export interface RangesTaken {
  /** Of its interfaces. */
  readonly addresses?: readonly string[];
  /** Where clusters write down what they took, so that of two that begin at the same moment each sees the other. */
  readonly claims?: string;
}

/** Below /run: a reboot ends all clusters, and leaves nothing of it. */
const allClaims = "/run/kubets/ranges";

/**
 * Ranges for a new cluster: upstream's usual ones, or the next that neither another cluster of this machine or beside its data directory
 * has taken nor an interface of this machine has an address in. The data directory must be there: claims of those that are gone don't count.
 */
export function freeRanges(
  dataDirectory: string,
  {
    addresses = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []),
    claims = allClaims,
  }: RangesTaken = {},
): Ranges {
  const others = rangesBeside(dataDirectory);
  const isFree = ({ podRange, serviceRange }: Ranges): boolean =>
    !others.some((other) => other.podRange === podRange || other.serviceRange === serviceRange) &&
    !addresses.some((address) => address.startsWith(podRange.slice(0, podRange.indexOf(".0.0/") + 1)));
  const free = candidates.filter(isFree);
  return free.find(({ podRange }) => claimRange(podRange, dataDirectory, claims)) ?? free[0] ?? candidates[0]!;
}

/**
 * Takes a range of Pods for a data directory, unless another has it. A claim is a link to the directory, made in one step; one that leads
 * nowhere is nobody's, unless it may not be taken away: where it leads may be hidden from this user. Who may not make one has no real node,
 * and needs none.
 */
function claimRange(podRange: string, dataDirectory: string, claims: string): boolean {
  const claim = claimOf(podRange, claims);
  const owner = resolve(dataDirectory);
  for (;;) {
    try {
      mkdirSync(claims, { recursive: true });
      symlinkSync(owner, claim);
      return true;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) return true;
    }
    if (existsSync(claim)) return ownerOf(claim) === owner;
    try {
      rmSync(claim, { force: true });
    } catch {
      return false;
    }
  }
}

/** Gives back what a data directory took. */
export function releaseRanges(dataDirectory: string, claims: string = allClaims): void {
  for (const { podRange } of candidates) {
    const claim = claimOf(podRange, claims);
    if (ownerOf(claim) === resolve(dataDirectory)) rmSync(claim, { force: true });
  }
}

function claimOf(podRange: string, claims: string): string {
  return join(claims, podRange.replace("/", "-"));
}

function ownerOf(claim: string): string | undefined {
  try {
    return readlinkSync(claim);
  } catch {
    return undefined;
  }
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
