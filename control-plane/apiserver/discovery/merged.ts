import { compareVersions } from "../resource-catalog.ts";
import type { ServedGroup, ServedVersion } from "./documents.ts";

/** A group version that an APIService registers. */
export interface RegisteredVersion {
  readonly group: string;
  readonly version: string;
  /** Higher comes first; a group stands where the first of its versions wants it. */
  readonly groupPriority: number;
  readonly versionPriority: number;
  /** What another server serves it; absent when this one does. */
  readonly remote?: RemoteVersion;
}

/** What is known of a group version of another server. */
export interface RemoteVersion {
  /** As `APIResourceDiscovery`; none when the server has never said. */
  readonly resources: readonly Readonly<Record<string, unknown>>[];
  readonly freshness: "Current" | "Stale";
}

/** This server's own groups together with those of others, in the order of their priorities. */
export function mergedGroups(own: readonly ServedGroup[], registered: readonly RegisteredVersion[]): readonly ServedGroup[] {
  if (registered.length === 0) return own;
  const byGroup = Map.groupBy(registered, ({ group }) => group);
  const remote = registered.filter((each) => each.remote !== undefined);
  const names = new Set([...own.map(({ name }) => name), ...remote.map(({ group }) => group)]);
  const ownByName = new Map(own.map((group) => [group.name, group]));
  return [...names]
    .map((name) => ({ name, versions: mergedVersions(ownByName.get(name)?.versions ?? [], byGroup.get(name) ?? []) }))
    .toSorted((a, b) => priorityOf(byGroup.get(b.name)) - priorityOf(byGroup.get(a.name)) || (a.name < b.name ? -1 : 1));
}

function mergedVersions(own: readonly ServedVersion[], registered: readonly RegisteredVersion[]): readonly ServedVersion[] {
  const versions = new Map(own.map((each) => [each.version, each]));
  for (const { version, remote } of registered) if (remote !== undefined) versions.set(version, { version, kinds: [], remote });
  const priorities = new Map(registered.map(({ version, versionPriority }) => [version, versionPriority]));
  const priority = ({ version }: ServedVersion): number => priorities.get(version) ?? 0;
  return [...versions.values()].toSorted((a, b) => priority(b) - priority(a) || compareVersions(a.version, b.version));
}

/** A group that nobody registers is that of APIServices themselves: it comes first. */
function priorityOf(versions: readonly RegisteredVersion[] | undefined): number {
  return versions === undefined ? Number.MAX_SAFE_INTEGER : Math.max(...versions.map(({ groupPriority }) => groupPriority));
}
