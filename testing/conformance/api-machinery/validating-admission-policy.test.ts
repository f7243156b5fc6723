import {
  DeploymentKind,
  type ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBindingKind,
  ValidatingAdmissionPolicyKind,
} from "@kubets/api";
import type { Draft } from "@kubets/machinery";
import { expect, test } from "vitest";
import { conformanceCluster } from "../conformance-cluster.ts";
import { aDeployment } from "../workloads.ts";

const cluster = conformanceCluster();

/** Makes a policy for Deployments, and puts it into effect in one namespace. */
async function guard(name: string, namespace: string, spec: Partial<Draft<ValidatingAdmissionPolicy["spec"]>>): Promise<void> {
  const { client } = cluster;
  await client.resource(ValidatingAdmissionPolicyKind).create({
    metadata: { name },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        resourceRules: [{ apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["deployments"] }],
      },
      ...spec,
    },
  });
  await client.resource(ValidatingAdmissionPolicyBindingKind).create({
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  });
}

async function remove(name: string): Promise<void> {
  await cluster.client.resource(ValidatingAdmissionPolicyBindingKind).delete(name);
  await cluster.client.resource(ValidatingAdmissionPolicyKind).delete(name);
}

test("AM-093 a bound policy refuses a Deployment that its rule forbids, and lets another pass", async () => {
  const namespace = await cluster.namespace();
  const deployments = cluster.client.resource(DeploymentKind).in(namespace);
  await guard("replicas", namespace, {
    validations: [
      {
        expression: "object.spec.replicas > 1",
        messageExpression: "'wants replicas > 1, got ' + string(object.spec.replicas)",
      },
      { expression: "namespaceObject.metadata.name == object.metadata.namespace", message: "wants its own namespace" },
    ],
  });
  await cluster.until(async () => {
    await expect(deployments.create(aDeployment("one", { replicas: 1 }))).rejects.toMatchObject({
      reason: "Invalid",
      message:
        "deployments.apps \"one\" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: wants replicas > 1, got 1",
    });
  });
  await expect(deployments.create(aDeployment("two", { replicas: 2 }))).resolves.toMatchObject({ spec: { replicas: 2 } });
  await remove("replicas");
});

test("AM-090 rules can use variables, and variables each other", async () => {
  const namespace = await cluster.namespace();
  const deployments = cluster.client.resource(DeploymentKind).in(namespace);
  await guard("variables", namespace, {
    variables: [
      { name: "replicas", expression: "object.spec.replicas" },
      { name: "oddReplicas", expression: "variables.replicas % 2 == 1" },
    ],
    validations: [{ expression: "variables.replicas > 1" }, { expression: "variables.oddReplicas" }],
  });
  await cluster.until(async () => {
    await expect(deployments.create(aDeployment("one", { replicas: 1 }))).rejects.toThrow("failed expression: variables.replicas > 1");
  });
  await expect(deployments.create(aDeployment("two", { replicas: 2 }))).rejects.toThrow("failed expression: variables.oddReplicas");
  await expect(deployments.create(aDeployment("three", { replicas: 3 }))).resolves.toMatchObject({ spec: { replicas: 3 } });
  await remove("variables");
});
