import { type StorageVersionMigration, StorageVersionMigrationKind } from "@kubets/api";
import { type Action, ask, type Asker, type Controller, type Decision, listAll, nothing, patch, watch } from "@kubets/client";
import { type Condition, formatTime, type Instant, isStatus, type Kind } from "@kubets/machinery";
import { customKinds, declaredByDefinitions } from "../custom-resources/custom-kinds.ts";

export interface Observed {
  readonly migration: StorageVersionMigration;
  /** The kind whose objects are to be written again; absent when none of that name is served. */
  readonly kind: Kind | undefined;
}

/**
 * Has every object of a resource written again, so that it is stored in the version (and encrypted with the key) that new ones are. The server
 * leaves those alone that are as it would write them.
 */
export function storageVersionMigrator(kinds: readonly Kind[]): Controller<Observed> {
  const stored = kinds.filter(({ storedAs, verbs }) => storedAs === undefined && verbs.includes("patch"));
  return {
    name: "storage-version-migrator",
    watches: [watch(StorageVersionMigrationKind)],
    // Of custom resources only their definitions matter.
    declaredKinds: declaredByDefinitions(() => []),
    observe(key, caches) {
      const migration = caches.of(StorageVersionMigrationKind).get(key);
      if (migration === undefined) return undefined;
      const { group, resource } = migration.spec.resource;
      return { migration, kind: [...stored, ...customKinds(caches)].find((each) => each.group === group && each.resource === resource) };
    },
    reconcile,
  };
}

export function reconcile({ migration, kind }: Observed, now: Instant): Decision {
  const { conditions = [], resourceVersion = "" } = migration.status;
  if (conditions.some(({ type, status }) => (type === "Succeeded" || type === "Failed") && status === "True")) return nothing;
  const end = (type: "Succeeded" | "Failed", message: string): Action => ended(migration, { type, message }, now);
  if (kind === undefined) return { actions: [end("Failed", "resource does not exist in discovery")] };
  const subject = `objects of ${kind.resource}`;
  if (resourceVersion === "") {
    const written = (revision: string): Action => statusPatch(migration, { resourceVersion: revision });
    return { actions: [ask(subject, (asker) => revisionOf(kind, asker), written)] };
  }
  if (!conditions.some(({ type, status }) => type === "Running" && status === "True")) {
    const running = conditionOf("Running", "StorageVersionMigrationInProgress", "", now);
    return { actions: [statusPatch(migration, { conditions: withCondition(conditions, running) })] };
  }
  const told = (problem: Error | undefined): Action =>
    problem === undefined ? end("Succeeded", "") : end("Failed", "migration encountered unhandled error");
  return { actions: [ask(subject, (asker) => rewritten(kind, asker), told)] };
}

async function revisionOf(kind: Kind, { client, signal }: Asker): Promise<string> {
  const { metadata } = await client.resource(kind).list({ limit: 1, signal });
  return metadata.resourceVersion ?? "";
}

/** Has all objects written as they are; answers what refused it. */
async function rewritten(kind: Kind, { client, signal }: Asker): Promise<Error | undefined> {
  const resource = client.resource(kind);
  for (const { metadata } of (await listAll(resource, { signal })).items) {
    const { namespace, name, uid, resourceVersion } = metadata;
    const located = namespace === undefined ? resource : resource.in(namespace);
    try {
      await located.patch(name, { metadata: { uid, resourceVersion } }, { type: "merge", signal });
    } catch (error) {
      // Written by somebody else since, or gone: either way nothing of it is left to migrate.
      if (isStatus(error, "Conflict", "NotFound")) continue;
      if (isStatus(error, "TooManyRequests", "ServiceUnavailable", "InternalError", "Timeout", "ServerTimeout")) throw error;
      return error as Error;
    }
  }
  return undefined;
}

function ended(
  migration: StorageVersionMigration,
  { type, message }: { readonly type: "Succeeded" | "Failed"; readonly message: string },
  now: Instant,
): Action {
  const before = (migration.status.conditions ?? []).map((each) =>
    each.type === "Running" && each.status === "True" ? { ...each, status: "False" as const, lastTransitionTime: formatTime(now) } : each,
  );
  return statusPatch(migration, { conditions: withCondition(before, conditionOf(type, `StorageVersionMigration${type}`, message, now)) });
}

function conditionOf(type: string, reason: string, message: string, now: Instant): Condition {
  return { type, status: "True", reason, message, lastTransitionTime: formatTime(now) };
}

function withCondition(conditions: readonly Condition[], wanted: Condition): readonly Condition[] {
  return [...conditions.filter(({ type }) => type !== wanted.type), wanted];
}

function statusPatch(migration: StorageVersionMigration, status: Partial<StorageVersionMigration["status"]>): Action {
  return patch(StorageVersionMigrationKind, migration, { metadata: { uid: migration.metadata.uid }, status }, { subresource: "status" });
}
