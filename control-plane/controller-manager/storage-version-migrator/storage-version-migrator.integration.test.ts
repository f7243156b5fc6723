import {
  ConfigMapKind,
  type CustomResourceDefinition,
  CustomResourceDefinitionKind,
  definitionCondition,
  StorageVersionMigrationKind,
  ValidatingAdmissionPolicyBindingKind,
  ValidatingAdmissionPolicyKind,
} from "@kubets/api";
import { defineKind, type Kind, kindObject, type KubernetesObject } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

const cluster = (): Promise<Cluster> => startCluster({ runtimeConfig: "storagemigration.k8s.io/v1beta1=true" });

async function migrate(world: Cluster, name: string, resource: { readonly group: string; readonly resource: string }) {
  const migrations = world.client.resource(StorageVersionMigrationKind);
  await migrations.create({ metadata: { name }, spec: { resource } });
  await world.settle();
  return (await migrations.get(name)).status;
}

/** `storage`: the version in which new objects are stored. */
const crontabs = (storage: "v1" | "v2") => ({
  metadata: { name: "crontabs.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced" as const,
    names: { kind: "CronTab", plural: "crontabs", singular: "crontab" },
    versions: ["v1", "v2"].map((name) => ({
      name,
      served: true,
      storage: name === storage,
      schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
    })),
  },
});
const CronTabKind: Kind = defineKind({
  group: "example.com",
  version: "v2",
  kind: "CronTab",
  resource: "crontabs",
  scope: "Namespaced",
  schema: kindObject<KubernetesObject>("CronTab", "A custom object.", {}),
});

test("objects that are stored in another version are written again, those that aren't stay as they are", async () => {
  await using world = await cluster();
  const { client } = world;
  const definitions = client.resource(CustomResourceDefinitionKind);
  const tabs = client.resource(CronTabKind).in("default");
  await definitions.create(crontabs("v1"));
  await world.settle();
  await tabs.create({ metadata: { name: "old" } });
  const present = await definitions.get("crontabs.example.com");
  await definitions.update({ ...present, spec: { ...present.spec, ...crontabs("v2").spec } });
  await world.settle();
  await tabs.create({ metadata: { name: "new" } });
  const revisions = async () => (await tabs.list()).items.map(({ metadata }) => metadata.resourceVersion);
  const [newBefore, oldBefore] = await revisions();
  const status = await migrate(world, "crontabs", { group: "example.com", resource: "crontabs" });
  expect(status.conditions).toMatchObject([
    { type: "Running", status: "False", reason: "MigrationCompleted", message: "Migration completed" },
    { type: "Succeeded", status: "True", reason: "StorageVersionMigrationSucceeded" },
  ]);
  expect(Number(status.resourceVersion)).toBeGreaterThanOrEqual(Number(newBefore));
  const [newAfter, oldAfter] = await revisions();
  expect([newAfter, oldAfter]).toEqual([newBefore, expect.not.stringMatching(`^${oldBefore}$`)]);
});

/** How far the migration of a definition's objects is, and the versions in which they may be stored. */
async function storageOf(world: Cluster): Promise<object> {
  const { status, metadata } = await world.client.resource(CustomResourceDefinitionKind).get("crontabs.example.com");
  const migrating = definitionCondition({ status } as CustomResourceDefinition, "StorageMigrating");
  const isOfNow = migrating?.observedGeneration === metadata.generation;
  return { versions: status.storedVersions, told: [migrating?.status, migrating?.reason, migrating?.message], isOfNow };
}

test("a version in which nothing is stored any more is none of the stored versions, and may be given up", async () => {
  await using world = await cluster();
  const definitions = world.client.resource(CustomResourceDefinitionKind);
  await definitions.create(crontabs("v1"));
  await world.settle();
  await definitions.patch("crontabs.example.com", { spec: crontabs("v2").spec }, { type: "merge" });
  await world.client
    .resource(CronTabKind)
    .in("default")
    .create({ metadata: { name: "one" } });
  expect((await definitions.get("crontabs.example.com")).status.storedVersions).toEqual(["v1", "v2"]);
  await migrate(world, "crontabs", { group: "example.com", resource: "crontabs" });
  expect(await storageOf(world)).toEqual({
    versions: ["v2"],
    told: ["False", "MigrationSucceeded", "The migration has succeeded and the stored versions have been updated"],
    isOfNow: true,
  });
  const onlyNew = crontabs("v2").spec.versions.filter(({ name }) => name === "v2");
  await definitions.patch("crontabs.example.com", { spec: { versions: onlyNew } }, { type: "merge" });
  expect((await definitions.get("crontabs.example.com")).spec.versions.map(({ name }) => name)).toEqual(["v2"]);
});

test("a migration that is refused has failed, and no version is given up for it", async () => {
  await using world = await cluster();
  const definitions = world.client.resource(CustomResourceDefinitionKind);
  await definitions.create(crontabs("v1"));
  await world.settle();
  await world.client
    .resource(CronTabKind)
    .in("default")
    .create({ metadata: { name: "one" } });
  await definitions.patch("crontabs.example.com", { spec: crontabs("v2").spec }, { type: "merge" });
  await world.client.resource(ValidatingAdmissionPolicyKind).create({
    metadata: { name: "frozen" },
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: ["example.com"], apiVersions: ["*"], operations: ["UPDATE"], resources: ["crontabs"] }],
      },
      validations: [{ expression: "false", message: "nothing changes here" }],
    },
  });
  await world.client
    .resource(ValidatingAdmissionPolicyBindingKind)
    .create({ metadata: { name: "frozen" }, spec: { policyName: "frozen", validationActions: ["Deny"] } });
  const status = await migrate(world, "crontabs", { group: "example.com", resource: "crontabs" });
  expect(status.conditions).toMatchObject([
    { type: "Running", status: "False" },
    {
      type: "Failed",
      status: "True",
      message: expect.stringMatching(/^migration encountered unhandled error: .*nothing changes here/) as string,
    },
  ]);
  expect(await storageOf(world)).toEqual({
    versions: ["v1", "v2"],
    told: ["False", "MigrationFailed", "The migration has failed"],
    isOfNow: true,
  });
});

test("a resource that isn't served can't be migrated; one whose objects are all right is migrated at once", async () => {
  await using world = await cluster();
  await world.client
    .resource(ConfigMapKind)
    .in("default")
    .create({ metadata: { name: "a" } });
  const missing = await migrate(world, "missing", { group: "example.com", resource: "nothings" });
  expect(missing.conditions).toMatchObject([
    { type: "Failed", status: "True", reason: "StorageVersionMigrationFailed", message: "resource does not exist in discovery" },
  ]);
  const maps = await migrate(world, "maps", { group: "", resource: "configmaps" });
  expect(maps.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual(["Running=False", "Succeeded=True"]);
});
