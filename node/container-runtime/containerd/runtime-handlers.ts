/** How this machine's control groups are mounted: by version 2 alone, by version 1, or by both. */
export type CgroupLayout = "unified" | "legacy" | "hybrid";

/** Where the OCI runtimes of this machine are; absent when it has none. */
export interface OciRuntimes {
  readonly runc?: string;
  readonly crun?: string;
}

/** An OCI runtime as a RuntimeClass names it. */
export interface RuntimeHandlerChoice {
  readonly name: "runc" | "crun";
  readonly binary: string;
}

/**
 * The handlers that work here, the default one first: crun starts a container in half of runc's time, but does not work where both
 * versions of control groups are mounted.
 */
export function runtimeHandlers({ runc, crun }: OciRuntimes, cgroups: CgroupLayout): readonly RuntimeHandlerChoice[] {
  return [
    ...(crun === undefined || cgroups === "hybrid" ? [] : [{ name: "crun" as const, binary: crun }]),
    ...(runc === undefined ? [] : [{ name: "runc" as const, binary: runc }]),
  ];
}
