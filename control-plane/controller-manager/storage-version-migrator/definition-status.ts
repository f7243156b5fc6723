import { type CustomResourceDefinition, CustomResourceDefinitionKind, definitionCondition, withCondition } from "@kubets/api";
import { type Action, type Asker, patch } from "@kubets/client";
import { formatTime, type Instant, isStatus } from "@kubets/machinery";

/** Says in a definition that its objects are written again. */
export function migrating(definition: CustomResourceDefinition, migration: string, now: Instant): Action {
  const told = { status: "True", reason: "MigrationRunning", message: runningMessage(migration) };
  return patch(CustomResourceDefinitionKind, definition, changeOf(definition, statusWith(definition, told, now)), {
    subresource: "status",
  });
}

const runningMessage = (migration: string): string => `Migration ${migration} is running`;

export interface Outcome {
  /** The definition's name. */
  readonly definition: string;
  /** The migration's. */
  readonly migration: string;
  readonly succeeded: boolean;
}

/**
 * Says in a definition that its objects were written again, and that only the version in which they are is stored any more: unless the
 * definition has changed meanwhile, which may have changed that version. Does nothing when there is no such definition, nor when it
 * was said before, or of another migration since: what was true then needn't be true any more.
 */
export async function tellMigrated(outcome: Outcome, { client, signal }: Asker, now: Instant): Promise<void> {
  const definitions = client.resource(CustomResourceDefinitionKind);
  try {
    const definition = await definitions.get(outcome.definition, { signal });
    const status = migrated(definition, outcome, now);
    if (status === undefined) return;
    await definitions.patch(outcome.definition, changeOf(definition, status), { type: "merge", subresource: "status", signal });
  } catch (error) {
    if (!isStatus(error, "NotFound")) throw error;
  }
}

/** The status of a definition after a migration of its objects; `undefined` when it speaks of that one no more. */
export function migrated(
  definition: CustomResourceDefinition,
  { migration, succeeded }: Omit<Outcome, "definition">,
  now: Instant,
): Status | undefined {
  const begun = definitionCondition(definition, "StorageMigrating");
  if (begun?.status !== "True" || begun.message !== runningMessage(migration)) return undefined;
  if (!succeeded) return statusWith(definition, { status: "False", reason: "MigrationFailed", message: "The migration has failed" }, now);
  const done = { status: "False", reason: "MigrationSucceeded" };
  if (begun.observedGeneration !== definition.metadata.generation) {
    const message = "The migration has succeeded but the stored versions have not been updated due to a generation mismatch";
    return statusWith(definition, { ...done, message }, now);
  }
  const message = "The migration has succeeded and the stored versions have been updated";
  const storedVersions = definition.spec.versions.filter(({ storage }) => storage).map((version) => version.name);
  return { ...statusWith(definition, { ...done, message }, now), storedVersions };
}

type Status = CustomResourceDefinition["status"];

function statusWith(
  { status, metadata }: CustomResourceDefinition,
  told: { readonly status: string; readonly reason: string; readonly message: string },
  now: Instant,
): Status {
  const { generation } = metadata;
  const condition = { type: "StorageMigrating", ...told, ...(generation === undefined ? {} : { observedGeneration: generation }) };
  return withCondition(status, condition, formatTime(now));
}

/** Refused when the definition is no longer the one that was judged. */
function changeOf({ metadata: { uid, resourceVersion } }: CustomResourceDefinition, { conditions, storedVersions }: Status): object {
  return { metadata: { uid, resourceVersion }, status: { conditions, storedVersions } };
}
