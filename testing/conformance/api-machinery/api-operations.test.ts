import {
  FlowSchemaKind,
  MutatingAdmissionPolicyBindingKind,
  MutatingAdmissionPolicyKind,
  MutatingWebhookConfigurationKind,
  PriorityLevelConfigurationKind,
  ValidatingAdmissionPolicyBindingKind,
  ValidatingAdmissionPolicyKind,
  ValidatingWebhookConfigurationKind,
} from "@kubets/api";
import { expect, test } from "vitest";
import { exerciseOperations, exerciseStatus, type GroupList, readJson, type ResourceList } from "../api-operations.ts";
import { conformanceCluster } from "../conformance-cluster.ts";

const cluster = conformanceCluster();

test("AM-001 FlowSchemas take every operation, and their status too", async () => {
  const schemas = cluster.client.resource(FlowSchemaKind);
  const spec = { matchingPrecedence: 9_999, priorityLevelConfiguration: { name: "global-default" } };
  await exerciseOperations(cluster, schemas, { run: "am-001", draft: (metadata) => ({ metadata, spec }) });
  await schemas.create({ metadata: { name: "am-001" }, spec });
  await exerciseStatus(schemas, "am-001");
});

test("AM-002 PriorityLevelConfigurations take every operation, and their status too", async () => {
  const levels = cluster.client.resource(PriorityLevelConfigurationKind);
  const spec = { type: "Limited", limited: { nominalConcurrencyShares: 2, limitResponse: { type: "Reject" } } };
  await exerciseOperations(cluster, levels, { run: "am-002", draft: (metadata) => ({ metadata, spec }) });
  await levels.create({ metadata: { name: "am-002" }, spec });
  await exerciseStatus(levels, "am-002");
});

// What is matched is in a group that nobody asks for, so that no request waits for a webhook that isn't there.
const rule = { operations: ["CREATE"], apiGroups: ["nowhere.example.com"], apiVersions: ["v1"], resources: ["things"] } as const;
const webhook = {
  name: "things.hooks.example.com",
  clientConfig: { url: "https://127.0.0.1:1/" },
  rules: [rule],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
} as const;
const conditionsBefore = [{ name: "not-a-lease", expression: "request.resource.resource != 'leases'" }];
const conditionsAfter = [{ name: "not-a-node", expression: "!('system:nodes' in request.userInfo.groups)" }];

test("AM-007 the match conditions of a mutating webhook are kept, and changed", async () => {
  const configurations = cluster.client.resource(MutatingWebhookConfigurationKind);
  const created = await configurations.create({
    metadata: { name: "am-007" },
    webhooks: [{ ...webhook, matchConditions: conditionsBefore }],
  });
  expect(created.webhooks?.[0]?.matchConditions).toEqual(conditionsBefore);
  await configurations.update({ ...created, webhooks: [{ ...webhook, matchConditions: conditionsAfter }] });
  expect((await configurations.get("am-007")).webhooks?.[0]?.matchConditions).toEqual(conditionsAfter);
  await configurations.delete("am-007");
});

test("AM-008 the match conditions of a validating webhook are kept, and changed", async () => {
  const configurations = cluster.client.resource(ValidatingWebhookConfigurationKind);
  const created = await configurations.create({
    metadata: { name: "am-008" },
    webhooks: [{ ...webhook, matchConditions: conditionsBefore }],
  });
  expect(created.webhooks?.[0]?.matchConditions).toEqual(conditionsBefore);
  await configurations.update({ ...created, webhooks: [{ ...webhook, matchConditions: conditionsAfter }] });
  expect((await configurations.get("am-008")).webhooks?.[0]?.matchConditions).toEqual(conditionsAfter);
  await configurations.delete("am-008");
});

test("AM-014 discovery names both webhook configurations", async () => {
  const group = "admissionregistration.k8s.io";
  const { groups } = (await readJson(cluster.client, "/apis")) as GroupList;
  const version = { groupVersion: `${group}/v1`, version: "v1" };
  expect(groups.find(({ name }) => name === group)?.versions).toContainEqual(version);
  expect(await readJson(cluster.client, `/apis/${group}`)).toMatchObject({ name: group, preferredVersion: version });
  const { resources } = (await readJson(cluster.client, `/apis/${group}/v1`)) as ResourceList;
  expect(resources.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]),
  );
});

const matchConstraints = { resourceRules: [rule] };

test("AM-066 MutatingAdmissionPolicies take every operation", async () => {
  const mutations = [{ patchType: "JSONPatch", jsonPatch: { expression: "[]" } }] as const;
  const reinvocationPolicy = "Never" as const;
  await exerciseOperations(cluster, cluster.client.resource(MutatingAdmissionPolicyKind), {
    run: "am-066",
    draft: (metadata) => ({ metadata, spec: { matchConstraints, mutations, reinvocationPolicy } }),
  });
});

test("AM-067 MutatingAdmissionPolicyBindings take every operation", async () => {
  await exerciseOperations(cluster, cluster.client.resource(MutatingAdmissionPolicyBindingKind), {
    run: "am-067",
    draft: (metadata) => ({ metadata, spec: { policyName: "am-067" } }),
  });
});

test("AM-091 ValidatingAdmissionPolicies take every operation, and their status too", async () => {
  const policies = cluster.client.resource(ValidatingAdmissionPolicyKind);
  const spec = { matchConstraints, validations: [{ expression: "true" }] };
  await exerciseOperations(cluster, policies, { run: "am-091", draft: (metadata) => ({ metadata, spec }) });
  await policies.create({ metadata: { name: "am-091" }, spec });
  await exerciseStatus(policies, "am-091");
});

test("AM-092 ValidatingAdmissionPolicyBindings take every operation", async () => {
  await exerciseOperations(cluster, cluster.client.resource(ValidatingAdmissionPolicyBindingKind), {
    run: "am-092",
    draft: (metadata) => ({ metadata, spec: { policyName: "am-092", validationActions: ["Deny"] } }),
  });
});
