import {
  CustomResourceDefinitionKind,
  type CustomResourceDefinition,
  type StorageVersionMigration,
  StorageVersionMigrationKind,
} from "@kubets/api";
import {
  type Action,
  ask,
  type Asker,
  type Caches,
  type Controller,
  type Decision,
  nothing,
  objectKey,
  patch,
  watch,
} from "@kubets/client";
import { type Condition, formatTime, type Instant, type Kind } from "@kubets/machinery";
import { customKinds, declaredByDefinitions } from "../custom-resources/custom-kinds.ts";
import { migrating, tellMigrated } from "./definition-status.ts";
import { revisionOf, rewritten } from "./rewrite.ts";

export interface Observed {
  readonly migration: StorageVersionMigration;
  /** Those of the same resource, whatever became of them. */
  readonly others: readonly StorageVersionMigration[];
  /** The kind whose objects are to be written again; absent when none of that name is served. */
  readonly kind: Kind | undefined;
  /** Who declares the kind, unless it is built in. */
  readonly definition: CustomResourceDefinition | undefined;
}

/**
 * Has every object of a resource written again, so that it is stored in the version (and encrypted with the key) that new ones are. The server
 * leaves those alone that are as it would write them. One migration of a resource at a time, the oldest first. A definition of which all
 * objects are stored in one version names no other any more.
 */
export function storageVersionMigrator(kinds: readonly Kind[]): Controller<Observed> {
  const stored = kinds.filter(({ storedAs, verbs }) => storedAs === undefined && verbs.includes("patch"));
  return {
    name: "storage-version-migrator",
    watches: [
      watch(StorageVersionMigrationKind, {
        keys: (migration, caches) => [objectKey(migration), ...sameResource(migration, caches).map(objectKey)],
        indexes: { resource: (migration) => [resourceName(migration)] },
      }),
    ],
    // Of custom resources only their definitions matter.
    declaredKinds: declaredByDefinitions(() => []),
    observe(key, caches) {
      const migration = caches.of(StorageVersionMigrationKind).get(key);
      if (migration === undefined) return undefined;
      const { group, resource } = migration.spec.resource;
      return {
        migration,
        others: sameResource(migration, caches).filter(({ metadata }) => metadata.uid !== migration.metadata.uid),
        kind: [...stored, ...customKinds(caches)].find((each) => each.group === group && each.resource === resource),
        definition: caches.of(CustomResourceDefinitionKind).get(resourceName(migration)),
      };
    },
    reconcile,
  };
}

export function reconcile({ migration, others, kind, definition }: Observed, now: Instant): Decision {
  if (hasEnded(migration) || !isTurnOf(migration, others)) return nothing;
  const end = (type: "Succeeded" | "Failed", message: string): Action => ended(migration, { type, message }, now);
  if (kind === undefined) return { actions: [end("Failed", "resource does not exist in discovery")] };
  if (!isRunning(migration)) {
    const running = conditionOf("Running", "MigrationRunning", "The migration is running", now);
    const conditions = withCondition(migration.status.conditions ?? [], running);
    const told = definition === undefined ? [] : [migrating(definition, migration.metadata.name, now)];
    return { actions: [...told, statusPatch(migration, { conditions })] };
  }
  const subject = `objects of ${kind.resource}`;
  const { resourceVersion = "" } = migration.status;
  if (resourceVersion === "") {
    const written = (revision: string): Action => statusPatch(migration, { resourceVersion: revision });
    return { actions: [ask(subject, (asker) => revisionOf(kind, asker), written)] };
  }
  const question = async (asker: Asker): Promise<Error | undefined> => {
    const problem = await rewritten(kind, resourceVersion, asker);
    const outcome = { migration: migration.metadata.name, succeeded: problem === undefined };
    if (definition !== undefined) await tellMigrated({ ...outcome, definition: definition.metadata.name }, asker, now);
    return problem;
  };
  const told = (problem: Error | undefined): Action =>
    problem === undefined ? end("Succeeded", "") : end("Failed", `migration encountered unhandled error: ${problem.message}`);
  return { actions: [ask(subject, question, told)] };
}

function resourceName({ spec: { resource } }: StorageVersionMigration): string {
  return `${resource.resource}.${resource.group}`;
}

function sameResource(migration: StorageVersionMigration, caches: Caches): readonly StorageVersionMigration[] {
  return caches.of(StorageVersionMigrationKind).byIndex("resource", resourceName(migration));
}

function isTurnOf(migration: StorageVersionMigration, others: readonly StorageVersionMigration[]): boolean {
  if (isRunning(migration)) return true;
  const age = ({ metadata }: StorageVersionMigration): string => `${metadata.creationTimestamp} ${metadata.name}`;
  return others.filter((other) => !hasEnded(other)).every((other) => !isRunning(other) && age(migration) < age(other));
}

function hasEnded(migration: StorageVersionMigration): boolean {
  return isTrue(migration, "Succeeded") || isTrue(migration, "Failed");
}

function isRunning(migration: StorageVersionMigration): boolean {
  return isTrue(migration, "Running");
}

function isTrue({ status: { conditions = [] } }: StorageVersionMigration, type: string): boolean {
  return conditions.some((each) => each.type === type && each.status === "True");
}

function ended(
  migration: StorageVersionMigration,
  { type, message }: { readonly type: "Succeeded" | "Failed"; readonly message: string },
  now: Instant,
): Action {
  const { conditions = [] } = migration.status;
  const completed = { ...conditionOf("Running", "MigrationCompleted", "Migration completed", now), status: "False" as const };
  const before = isRunning(migration) ? withCondition(conditions, completed) : conditions;
  return statusPatch(migration, { conditions: withCondition(before, conditionOf(type, `StorageVersionMigration${type}`, message, now)) });
}

function conditionOf(type: string, reason: string, message: string, now: Instant): Condition {
  return { type, status: "True", reason, message, lastTransitionTime: formatTime(now) };
}

function withCondition(conditions: readonly Condition[], wanted: Condition): readonly Condition[] {
  return [...conditions.filter(({ type }) => type !== wanted.type), wanted];
}

/** Refused when the migration is no longer the one that was judged: of two that write all its conditions, one would undo the other's. */
function statusPatch(migration: StorageVersionMigration, status: Partial<StorageVersionMigration["status"]>): Action {
  const { uid, resourceVersion } = migration.metadata;
  return patch(StorageVersionMigrationKind, migration, { metadata: { uid, resourceVersion }, status }, { subresource: "status" });
}
