import {
  type CustomResourceDefinition,
  CustomResourceDefinitionKind,
  type IPAddress,
  IPAddressKind,
  isAddressWithin,
  isKeptForServices,
  kinds,
  ServiceCIDRKind,
  type ServiceCIDR,
  ServiceKind,
  type StorageVersionMigration,
  StorageVersionMigrationKind,
  type ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyKind,
} from "@kubets/api";
import { defineKind, kindObject, type KubernetesObject } from "@kubets/machinery";
import { expect, test } from "vitest";
import { serviceCidrController } from "../service-cidr/index.ts";
import { storageVersionMigrator } from "../storage-version-migrator/index.ts";
import { validatingAdmissionPolicyStatusController } from "../validatingadmissionpolicy-status/index.ts";
import { any, attempt, oneOf } from "./testing/acting.ts";
import { type Scenario, simulate, type World } from "./testing/simulate.ts";

const rangeName = (number: number): string => `range-${number}`;
const cidrOf = (number: number): string => `10.200.${number}.0/28`;
const numbers = [0, 1, 2] as const;

/** Services' addresses that would be of no range if this one weren't there. */
function heldBy(range: ServiceCIDR, { of }: World): readonly IPAddress[] {
  const isIn = ({ spec }: ServiceCIDR, { metadata }: IPAddress): boolean =>
    (spec.cidrs ?? []).some((cidr) => isAddressWithin(metadata.name, cidr));
  const others = of(ServiceCIDRKind).filter(({ metadata }) => metadata.uid !== range.metadata.uid);
  return of(IPAddressKind).filter(
    (address) => isKeptForServices(address) && isIn(range, address) && !others.some((other) => isIn(other, address)),
  );
}

/** Ranges come and go while Services take addresses of them and leave: no range goes before the addresses that only it has. */
const serviceRanges: Scenario = {
  controllers: () => [serviceCidrController],
  cluster: { nodes: 0 },
  rounds: 120,
  follows: [any(ServiceCIDRKind), any(IPAddressKind), any(ServiceKind)],
  async setUp() {
    // People make what there is.
  },
  async meddle(world) {
    const { client } = world.cluster;
    const [ranges, services] = [client.resource(ServiceCIDRKind), client.resource(ServiceKind).in("default")];
    const number = oneOf(world, numbers);
    const luck = world.random.fraction();
    if (luck < 0.3)
      return attempt(ranges.create({ metadata: { name: rangeName(number) }, spec: { cidrs: [cidrOf(number)] } }), "AlreadyExists");
    if (luck < 0.5) return attempt(ranges.delete(rangeName(number)), "NotFound", "Conflict");
    const mine = world.of(ServiceKind).filter(({ metadata }) => metadata.name !== "kubernetes");
    if (luck < 0.7 && mine.length > 0) return attempt(services.delete(oneOf(world, mine).metadata.name), "NotFound");
    const clusterIP = `10.200.${number}.${1 + Math.floor(world.random.fraction() * 14)}`;
    const name = `web-${clusterIP.replaceAll(".", "-")}`;
    await attempt(services.create({ metadata: { name }, spec: { clusterIP, ports: [{ port: 80 }] } }), "AlreadyExists", "Invalid");
  },
  check({ kind, object, previous }, world) {
    if (kind.kind !== "ServiceCIDR" || object !== undefined || previous === undefined) return undefined;
    const held = heldBy(previous as ServiceCIDR, world).map(({ metadata }) => metadata.name);
    return held.length > 0 ? `${previous.metadata.name} went before ${held.join(" and ")}` : undefined;
  },
  async unreached(world) {
    const { items } = await world.cluster.client.resource(ServiceCIDRKind).list();
    return items.filter((range) => {
      const ready = range.status.conditions?.find(({ type }) => type === "Ready");
      const isLeaving = range.metadata.deletionTimestamp !== undefined;
      return isLeaving ? ready?.status !== "False" || heldBy(range, world).length === 0 : ready?.status !== "True";
    });
  },
};

const expressions = { right: "object.spec.hostname == ''", wrong: "object.spec.hostName == ''" } as const;
const policySpec = (expression: string) => ({
  matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE" as const], resources: ["pods"] }] },
  validations: [{ expression }],
});

/** What is wrong with the status of a policy, if it speaks of the policy as it is. */
function wrongStatus({ metadata, spec, status }: ValidatingAdmissionPolicy): string | undefined {
  if (status.observedGeneration !== metadata.generation) return undefined;
  const isWarned = (status.typeChecking?.expressionWarnings ?? []).length > 0;
  const isWrong = spec.validations?.[0]?.expression === expressions.wrong;
  return isWarned === isWrong ? undefined : `${metadata.name} is said to be ${isWarned ? "wrong" : "right"}`;
}

/** Policies are written, corrected and spoilt: what a status says is so of the generation that it speaks of. */
const policies: Scenario = {
  controllers: () => [validatingAdmissionPolicyStatusController(kinds)],
  cluster: { nodes: 0 },
  rounds: 120,
  follows: [any(ValidatingAdmissionPolicyKind)],
  async setUp() {
    // People make what there is.
  },
  async meddle(world) {
    const resource = world.cluster.client.resource(ValidatingAdmissionPolicyKind);
    const name = `policy-${oneOf(world, numbers)}`;
    const spec = policySpec(oneOf(world, Object.values(expressions)));
    const luck = world.random.fraction();
    if (luck < 0.15) return attempt(resource.delete(name), "NotFound");
    if (luck < 0.4) return attempt(resource.create({ metadata: { name }, spec }), "AlreadyExists");
    await attempt(resource.patch(name, { spec }, { type: "merge" }), "NotFound");
  },
  check({ object, previous }) {
    if (object === undefined) return undefined;
    const [policy, before] = [object as ValidatingAdmissionPolicy, previous as ValidatingAdmissionPolicy | undefined];
    if ((policy.status.observedGeneration ?? 0) < (before?.status.observedGeneration ?? 0)) return `${policy.metadata.name} unlearns`;
    return wrongStatus(policy);
  },
  async unreached({ cluster }) {
    const { items } = await cluster.client.resource(ValidatingAdmissionPolicyKind).list();
    return items.filter((policy) => policy.status.observedGeneration !== policy.metadata.generation || wrongStatus(policy) !== undefined);
  },
};

const definitionName = "crontabs.example.com";
const CronTabKind = defineKind({
  group: "example.com",
  version: "v1",
  kind: "CronTab",
  resource: "crontabs",
  scope: "Namespaced",
  schema: kindObject<KubernetesObject>("CronTab", "A custom object.", {}),
});
const versionsStoring = (storage: string) =>
  ["v1", "v2"].map((name) => ({
    name,
    served: true,
    storage: name === storage,
    schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
  }));
const storageOf = ({ spec }: CustomResourceDefinition): string | undefined => spec.versions.find(({ storage }) => storage)?.name;

/** From which revision on objects are stored in which version. */
let stored: readonly { readonly since: number; readonly version: string | undefined }[] = [];

/** The version in which an object is stored: that which was written when it was written last. */
function versionIn({ metadata }: KubernetesObject): string | undefined {
  return stored.findLast(({ since }) => since <= Number(metadata.resourceVersion))?.version;
}

const isTrue = ({ status }: StorageVersionMigration, type: string): boolean =>
  status.conditions?.some((each) => each.type === type && each.status === "True") === true;

/** The version in which objects are stored changes again and again, and migrations follow: none that may still be stored is given up. */
const migrations: Scenario = {
  controllers: () => [storageVersionMigrator(kinds)],
  cluster: { nodes: 0, runtimeConfig: "storagemigration.k8s.io/v1beta1=true" },
  rounds: 120,
  async prepare(cluster) {
    stored = [{ since: 0, version: "v1" }];
    await cluster.client.resource(CustomResourceDefinitionKind).create({
      metadata: { name: definitionName },
      spec: { group: "example.com", scope: "Namespaced", names: { kind: "CronTab", plural: "crontabs" }, versions: versionsStoring("v1") },
    });
    await cluster.settle();
  },
  follows: [any(CronTabKind), any(StorageVersionMigrationKind), any(CustomResourceDefinitionKind)],
  async setUp() {
    // People make what there is.
  },
  async meddle(world) {
    const { client } = world.cluster;
    const [tabs, definitions] = [client.resource(CronTabKind).in("default"), client.resource(CustomResourceDefinitionKind)];
    const luck = world.random.fraction();
    const name = `tab-${Math.floor(world.random.fraction() * 6)}`;
    if (luck < 0.4) return attempt(tabs.create({ metadata: { name } }), "AlreadyExists");
    if (luck < 0.5) return attempt(tabs.delete(name), "NotFound");
    if (luck < 0.7) {
      const spec = { versions: versionsStoring(oneOf(world, ["v1", "v2"])) };
      return void (await definitions.patch(definitionName, { spec }, { type: "merge" }));
    }
    const present = world.of(StorageVersionMigrationKind);
    if (luck < 0.75 && present.length > 0)
      return attempt(client.resource(StorageVersionMigrationKind).delete(oneOf(world, present).metadata.name), "NotFound");
    const resource = { group: "example.com", resource: "crontabs" };
    const migration = `again-${Math.floor(world.random.fraction() * 1e6)}`;
    await client.resource(StorageVersionMigrationKind).create({ metadata: { name: migration }, spec: { resource } });
  },
  check({ kind, object, previous }, world) {
    if (object === undefined || previous === undefined) return undefined;
    if (kind.kind === "StorageVersionMigration") {
      const [before, after] = [previous as StorageVersionMigration, object as StorageVersionMigration];
      const wasDone = isTrue(before, "Succeeded") || isTrue(before, "Failed");
      if (wasDone && isTrue(after, "Running")) return `${after.metadata.name} runs again`;
      const running = world.of(StorageVersionMigrationKind).filter((each) => isTrue(each, "Running"));
      return running.length > 1 ? `${running.length} migrations of one resource run at once` : undefined;
    }
    if (kind.kind !== "CustomResourceDefinition") return undefined;
    const [before, after] = [previous as CustomResourceDefinition, object as CustomResourceDefinition];
    if (storageOf(before) !== storageOf(after))
      stored = [...stored, { since: Number(after.metadata.resourceVersion), version: storageOf(after) }];
    const named = after.status.storedVersions ?? [];
    const lost = world.of(CronTabKind).filter((tab) => !named.includes(versionIn(tab) ?? ""));
    return lost.length > 0 ? `${lost.length} objects are stored in another version than ${named.join(" and ")}` : undefined;
  },
  async unreached({ cluster }) {
    const { items } = await cluster.client.resource(StorageVersionMigrationKind).list();
    const { status } = await cluster.client.resource(CustomResourceDefinitionKind).get(definitionName);
    const migrating = status.conditions?.find(({ type }) => type === "StorageMigrating");
    const unfinished = items.filter((each) => !isTrue(each, "Succeeded") || isTrue(each, "Running"));
    const last = items.findLast(({ metadata }) => migrating?.message?.includes(metadata.name) === true);
    return [...unfinished, ...(last === undefined ? [] : [status])];
  },
};

test.each(
  Object.entries({
    "ranges of Service addresses": serviceRanges,
    "what policies are said to be": policies,
    "migrations of storage": migrations,
  }).flatMap(([name, scenario]) => [1, 2, 3].map((seed) => [name, seed, scenario] as const)),
)(
  "whatever gets lost and whoever restarts, %s keep their rules at every revision and get where they should (seed %i)",
  async (_, seed, scenario) => {
    const { revisions, ...findings } = await simulate(scenario, seed);
    expect(findings).toEqual({ wrong: [], unreached: [] });
    expect(revisions).toBeGreaterThan(10);
  },
);
