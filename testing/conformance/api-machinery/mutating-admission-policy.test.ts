import { DeploymentKind, type MutatingAdmissionPolicy, MutatingAdmissionPolicyBindingKind, MutatingAdmissionPolicyKind } from "@kubets/api";
import type { Draft } from "@kubets/machinery";
import { expect, test } from "vitest";
import { conformanceCluster } from "../conformance-cluster.ts";
import { aDeployment } from "../workloads.ts";

const cluster = conformanceCluster();

/** Makes a policy for new Deployments, and puts it into effect in one namespace. */
async function change(
  name: string,
  namespace: string,
  spec: Pick<Draft<MutatingAdmissionPolicy["spec"]>, "mutations" | "matchConditions">,
): Promise<void> {
  await cluster.client.resource(MutatingAdmissionPolicyKind).create({
    metadata: { name },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        resourceRules: [{ apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["deployments"] }],
      },
      reinvocationPolicy: "Never",
      ...spec,
    },
  });
  await cluster.client.resource(MutatingAdmissionPolicyBindingKind).create({ metadata: { name }, spec: { policyName: name } });
}

test("AM-064 a bound policy changes a new Deployment by the configuration that its expression makes", async () => {
  const namespace = await cluster.namespace();
  await change("am064", namespace, {
    mutations: [
      {
        patchType: "ApplyConfiguration",
        applyConfiguration: { expression: "Object{spec: Object.spec{replicas: object.spec.replicas + 100}}" },
      },
    ],
  });
  const created = await cluster.client
    .resource(DeploymentKind)
    .in(namespace)
    .create(aDeployment("web", { replicas: 1 }));
  expect(created.spec.replicas).toBe(101);
});

test("AM-065 a bound policy adds annotations to a new Deployment", async () => {
  const namespace = await cluster.namespace();
  await change("am065", namespace, {
    mutations: [
      {
        patchType: "ApplyConfiguration",
        applyConfiguration: { expression: `Object{metadata: Object.metadata{annotations: {"example.com/by": "policy"}}}` },
      },
      {
        patchType: "JSONPatch",
        jsonPatch: {
          expression: `[JSONPatch{op: "add", path: "/metadata/annotations/" + jsonpatch.escapeKey("example.com/kind"), value: object.kind}]`,
        },
      },
    ],
  });
  const deployment = aDeployment("web", { replicas: 1 });
  const created = await cluster.client
    .resource(DeploymentKind)
    .in(namespace)
    .create({ ...deployment, metadata: { ...deployment.metadata, annotations: { own: "kept" } } });
  expect(created.metadata.annotations).toMatchObject({ own: "kept", "example.com/by": "policy", "example.com/kind": "Deployment" });
});

test("what a policy would say within a list that is replaced as a whole refuses the object", async () => {
  const namespace = await cluster.namespace();
  await change("atomic", namespace, {
    mutations: [
      {
        patchType: "ApplyConfiguration",
        applyConfiguration: {
          expression: `Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{tolerations: [{"key": "a"}]}}}}`,
        },
      },
    ],
  });
  await expect(
    cluster.client
      .resource(DeploymentKind)
      .in(namespace)
      .create(aDeployment("web", { replicas: 1 })),
  ).rejects.toMatchObject({
    reason: "Forbidden",
    message: expect.stringContaining("may not mutate atomic arrays, maps or structs: .spec.template.spec.tolerations"),
  });
});
