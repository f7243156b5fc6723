import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { networkNameFor } from "../names.ts";

/**
 * What a node has of its machine's (bridge, tables, control groups) carries its cluster's name. So one cluster of a name has a node here at
 * a time: the one whose directory is written down, from its start until it is stopped, also past a crash. Below /run, because a reboot
 * leaves nothing of it.
 */
export interface NameClaim {
  readonly cluster: string;
  /** Of the node; what lies in there is this cluster's and no other's. */
  readonly directory: string;
  /** Where claims are written down; /run/kubets/names when absent. */
  readonly claims?: string;
}

const allClaims = "/run/kubets/names";

/** Takes the name, and makes the directory. Answers the directory of the node that has it, where that is another one. */
export function claimName(claim: NameClaim): string | undefined {
  const file = fileOf(claim);
  mkdirSync(join(file, ".."), { recursive: true });
  // First: a name whose directory isn't there is anyone's.
  mkdirSync(claim.directory, { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, claim.directory, { flag: "wx" });
      return undefined;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const owner = ownerOf(claim);
    if (owner === claim.directory) return undefined;
    if (owner !== undefined && existsSync(owner)) return owner;
    // Its directory was removed by hand: nobody will ever give the name back.
    rmSync(file, { force: true });
  }
}

/** Gives the name back; harmless for who doesn't have it. */
export function releaseName(claim: NameClaim): void {
  if (ownerOf(claim) === claim.directory) rmSync(fileOf(claim), { force: true });
}

/** The directory of another node that has the name. */
export function otherOwner(claim: NameClaim): string | undefined {
  const owner = ownerOf(claim);
  return owner === claim.directory ? undefined : owner;
}

function ownerOf(claim: NameClaim): string | undefined {
  try {
    return readFileSync(fileOf(claim), "utf8");
  } catch {
    return undefined;
  }
}

function fileOf({ cluster, claims = allClaims }: NameClaim): string {
  return join(claims, networkNameFor(cluster));
}
