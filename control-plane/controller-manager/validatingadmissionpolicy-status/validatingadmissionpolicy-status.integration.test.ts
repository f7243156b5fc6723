import { ValidatingAdmissionPolicyKind } from "@kubets/api";
import { startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

test("whoever makes a policy reads in its status what is wrong with it, again after each change of it", async () => {
  await using cluster = await startCluster();
  const policies = cluster.client.resource(ValidatingAdmissionPolicyKind);
  const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] } as const;
  const spec = (expression: string) => ({ matchConstraints: { resourceRules: [rule] }, validations: [{ expression }] });
  await policies.create({ metadata: { name: "hosts" }, spec: spec("object.spec.hostName == ''") });
  await cluster.settle();
  const made = await policies.get("hosts");
  expect(made.status).toEqual({
    observedGeneration: 1,
    typeChecking: {
      expressionWarnings: [
        {
          fieldRef: "spec.validations[0].expression",
          warning: "/v1, Kind=Pod: ERROR: <input>:1:12: undefined field 'hostName'\n | object.spec.hostName == ''\n | ...........^\n",
        },
      ],
    },
  });
  await policies.update({ ...made, spec: { ...made.spec, ...spec("object.spec.hostname == ''") } });
  await cluster.settle();
  expect((await policies.get("hosts")).status).toEqual({ observedGeneration: 2, typeChecking: {} });
});
