import { ConfigMapKind, CustomResourceDefinitionKind, type StorageVersionMigration, StorageVersionMigrationKind } from "@kubets/api";
import type { Kind } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, anObject, noon, verbsOf } from "../testing/objects.ts";
import { migrated } from "./definition-status.ts";
import { reconcile } from "./index.ts";

const aMigration = (name: string, seconds: number, ...conditions: readonly string[]): StorageVersionMigration =>
  anObject(StorageVersionMigrationKind, name, {
    metadata: { creationTimestamp: ago(seconds) },
    spec: { resource: { group: "", resource: "configmaps" } },
    status: { conditions: conditions.map((type) => ({ type, status: "True", reason: type, message: "", lastTransitionTime: ago(1) })) },
  });

test.each<readonly [string, StorageVersionMigration, readonly StorageVersionMigration[], readonly string[]]>([
  ["that is alone begins", aMigration("a", 5), [], ["patch a"]],
  [
    "begins once those before it are done",
    aMigration("a", 5),
    [aMigration("b", 9, "Succeeded"), aMigration("c", 7, "Failed")],
    ["patch a"],
  ],
  ["waits for an older one", aMigration("a", 5), [aMigration("b", 9)], []],
  ["waits for a younger one that runs", aMigration("a", 9), [aMigration("b", 5, "Running")], []],
  ["of two of one age waits by its name", aMigration("b", 5), [aMigration("a", 5)], []],
  ["that runs goes on", aMigration("a", 5, "Running"), [aMigration("b", 9)], ["ask objects of configmaps"]],
  ["that is done stays done", aMigration("a", 5, "Succeeded"), [], []],
])("a migration %s", (_state, migration, others, expected) => {
  const observed = { migration, others, kind: ConfigMapKind as unknown as Kind, definition: undefined };
  expect(verbsOf(reconcile(observed, noon).actions)).toEqual(expected);
});

const versions = ["v1", "v2"].map((name) => ({
  name,
  served: true,
  storage: name === "v2",
  schema: { openAPIV3Schema: { type: "object" } },
}));

test.each<readonly [string, object, boolean, readonly string[] | undefined]>([
  ["when its objects were written again", { observedGeneration: 3 }, true, ["v2"]],
  ["not when it has changed since that began", { observedGeneration: 2 }, true, ["v1", "v2"]],
  ["not when that failed", { observedGeneration: 3 }, false, ["v1", "v2"]],
  ["not when that was told before", { observedGeneration: 3, status: "False" }, true, undefined],
  ["not for a migration that isn't the one that runs", { observedGeneration: 3, message: "Migration b is running" }, true, undefined],
])("a definition gives up a version %s", (_state, told, succeeded, expected) => {
  const definition = anObject(CustomResourceDefinitionKind, "crontabs.example.com", {
    metadata: { generation: 3 },
    spec: { group: "example.com", scope: "Namespaced", names: { kind: "CronTab", plural: "crontabs" }, versions },
    status: {
      acceptedNames: { kind: "CronTab", plural: "crontabs" },
      storedVersions: ["v1", "v2"],
      conditions: [{ type: "StorageMigrating", status: "True", message: "Migration a is running", ...told }],
    },
  });
  const status = migrated(definition, { migration: "a", succeeded }, noon);
  expect(status?.storedVersions).toEqual(expected);
  if (status !== undefined) expect(status.conditions).toMatchObject([{ type: "StorageMigrating", status: "False", observedGeneration: 3 }]);
});
