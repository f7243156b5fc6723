import { ConfigMapKind, type Pod, PodKind, ValidatingAdmissionPolicyBindingKind, ValidatingAdmissionPolicyKind } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { type FixedReader, asRead } from "../../authorization/testing/fixed-reader.ts";
import { admit, aPod, cluster, type Write } from "../testing/admit.ts";

type PolicySpec = Readonly<Record<string, unknown>>;

const podsOnly = {
  resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["pods"] }],
} as const;

/** A cluster with a policy for Pods that one binding puts into effect. */
function guarded(spec: PolicySpec, binding: PolicySpec = {}): FixedReader {
  const reader = cluster();
  reader.put(ValidatingAdmissionPolicyKind, { metadata: { name: "guard" }, spec: { matchConstraints: podsOnly, ...spec } } as never);
  const bound = { policyName: "guard", validationActions: ["Deny"], ...binding };
  reader.put(ValidatingAdmissionPolicyBindingKind, { metadata: { name: "guard-all" }, spec: bound } as never);
  return reader;
}

async function outcome(reader: FixedReader, write: Partial<Write<Pod>> = {}): Promise<unknown> {
  try {
    await admit(reader, PodKind, { object: aPod(), ...write });
    return "admitted";
  } catch (error) {
    const { code, reason, message } = error as { readonly code: number; readonly reason: string; readonly message: string };
    return [code, reason, message];
  }
}

const denied = (because: string): string =>
  `pods "web" is forbidden: ValidatingAdmissionPolicy 'guard' with binding 'guard-all' denied request: ${because}`;

describe("ValidatingAdmissionPolicy", () => {
  test("what an expression forbids is refused, in the policy's words", async () => {
    const never = (more: PolicySpec): FixedReader => guarded({ validations: [{ expression: "object.metadata.name != 'web'", ...more }] });
    expect([
      await outcome(never({})),
      await outcome(never({ message: "no web here", reason: "Forbidden" })),
      await outcome(never({ messageExpression: "'not ' + object.metadata.name + ' in ' + namespaceObject.metadata.name" })),
      await outcome(guarded({ validations: [{ expression: "object.spec.containers.all(c, c.image.startsWith('main'))" }] })),
    ]).toEqual([
      [422, "Invalid", denied("failed expression: object.metadata.name != 'web'")],
      [403, "Forbidden", denied("no web here")],
      [422, "Invalid", denied("not web in shop")],
      "admitted",
    ]);
  });

  test("it looks at what its rules, selectors and conditions say", async () => {
    const no = { validations: [{ expression: "false" }] };
    const only = (more: PolicySpec): PolicySpec => ({ ...no, matchConstraints: { ...podsOnly, ...more } });
    const condition = (expression: string): PolicySpec => ({ ...no, matchConditions: [{ name: "who", expression }] });
    const admitted = await Promise.all(
      [
        guarded(only({ objectSelector: { matchLabels: { app: "other" } } })),
        guarded(only({ namespaceSelector: { matchLabels: { guard: "yes" } } })),
        guarded(only({ excludeResourceRules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"] }] })),
        guarded(no, { matchResources: { resourceRules: [{ ...podsOnly.resourceRules[0], resourceNames: ["api"] }] } }),
        guarded(condition("request.userInfo.username != 'jane'")),
        guarded(condition("request.operation == 'UPDATE' && oldObject != null")),
      ].map((reader) => outcome(reader)),
    );
    expect(admitted).toEqual(Array.from({ length: 6 }, () => "admitted"));
    expect(await outcome(guarded(condition("request.resource.resource == 'pods'")))).toEqual([
      422,
      "Invalid",
      denied("failed expression: false"),
    ]);
  });

  test("variables are computed when they are needed, and may use each other", async () => {
    const variables = [
      { name: "images", expression: "object.spec.containers.map(c, c.image)" },
      { name: "tagged", expression: "variables.images.filter(image, image.contains(':'))" },
      { name: "never", expression: "1 / 0" },
    ];
    const counts = guarded({ variables, validations: [{ expression: "variables.tagged.size() == 1 && variables.images.size() == 1" }] });
    const fails = guarded({ variables, validations: [{ expression: "variables.never == 1" }] });
    expect([await outcome(counts), await outcome(fails)]).toEqual([
      "admitted",
      [
        422,
        "Invalid",
        denied("expression 'variables.never == 1' resulted in error: composited variable \"never\" fails to evaluate: division by zero"),
      ],
    ]);
  });

  test("parameters are the objects that the binding names; without them the binding says what happens", async () => {
    const spec = {
      paramKind: { apiVersion: "v1", kind: "ConfigMap" },
      validations: [{ expression: "object.metadata.name in params.data" }],
    };
    const reader = guarded(spec, { paramRef: { name: "allowed", parameterNotFoundAction: "Deny" } });
    const lenient = guarded(spec, { paramRef: { name: "allowed", parameterNotFoundAction: "Allow" } });
    const missing = await outcome(reader);
    reader.put(ConfigMapKind, { metadata: { name: "allowed", namespace: "shop" }, data: { web: "" } });
    expect([missing, await outcome(reader), await outcome(lenient)]).toEqual([
      [422, "Invalid", denied("failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction")],
      "admitted",
      "admitted",
    ]);
  });

  test("a binding may warn only, or do nothing but note", async () => {
    const warnings: string[] = [];
    const write = { warn: (text: string) => void warnings.push(text) };
    const no = { validations: [{ expression: "false", message: "no" }] };
    const admitted = [
      await outcome(guarded(no, { validationActions: ["Warn"] }), write),
      await outcome(guarded(no, { validationActions: ["Audit"] }), write),
    ];
    expect({ admitted, warnings }).toEqual({
      admitted: ["admitted", "admitted"],
      warnings: ["Validation failed for ValidatingAdmissionPolicy 'guard' with binding 'guard-all': no"],
    });
  });

  test("an expression may ask what the user may do", async () => {
    const asks = (group: string): Partial<Write<Pod>> => ({ user: { name: "joe", groups: [group] } });
    const reader = guarded({
      validations: [{ expression: "authorizer.group('').resource('nodes').check('delete').allowed()", message: "ask" }],
    });
    expect([await outcome(reader, asks("system:masters")), await outcome(reader, asks("visitors"))]).toEqual([
      "admitted",
      [422, "Invalid", denied("ask")],
    ]);
  });

  test("what fails refuses the request, unless the policy ignores failures", async () => {
    const wrong = { validations: [{ expression: "object.spec.nothing == 1" }] };
    const expensive = { validations: [{ expression: "lists.range(2000).all(a, lists.range(2000).all(b, a + b >= 0))" }] };
    const because = "expression 'object.spec.nothing == 1' resulted in error: no such key: nothing";
    expect([
      await outcome(guarded(wrong)),
      await outcome(guarded({ ...wrong, failurePolicy: "Ignore" })),
      ((await outcome(guarded(expensive))) as readonly string[])[2],
    ]).toEqual([
      [422, "Invalid", denied(because)],
      "admitted",
      expect.stringContaining("resulted in error: operation cancelled: actual cost limit exceeded"),
    ]);
  });

  test("policies don't judge policies, so that a wrong one can be taken away", async () => {
    const everything = { resourceRules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"] }] };
    const reader = guarded({ matchConstraints: everything, validations: [{ expression: "false" }] });
    const policy = asRead(ValidatingAdmissionPolicyKind, { metadata: { name: "guard" }, spec: {} } as never);
    await expect(
      admit(reader, ValidatingAdmissionPolicyKind, { operation: "UPDATE", object: policy, previous: policy }),
    ).resolves.toBeDefined();
  });
});
