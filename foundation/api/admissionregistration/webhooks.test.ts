import { expect, test } from "vitest";
import { asRead, type Body, problemsOf, rowOf } from "../testing/kind-under-test.ts";
import { MutatingWebhookConfigurationKind } from "./mutating-webhook-configuration.ts";
import { ValidatingWebhookConfigurationKind } from "./validating-webhook-configuration.ts";

const rule = { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] };
const webhook = {
  name: "pods.hooks.example.com",
  clientConfig: { service: { namespace: "default", name: "hooks" } },
  rules: [rule],
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
};

test("a webhook is asked of everything that its rules take, for ten seconds, and its failure is the request's", () => {
  const [validating] = asRead(ValidatingWebhookConfigurationKind, { webhooks: [webhook] }).webhooks ?? [];
  expect(validating).toEqual({
    ...webhook,
    clientConfig: { service: { namespace: "default", name: "hooks", port: 443 } },
    rules: [{ ...rule, scope: "*" }],
    failurePolicy: "Fail",
    matchPolicy: "Equivalent",
    namespaceSelector: {},
    objectSelector: {},
    timeoutSeconds: 10,
  });
  expect(asRead(MutatingWebhookConfigurationKind, { webhooks: [webhook] }).webhooks?.[0]?.reinvocationPolicy).toBe("Never");
});

test.each([
  [{}, []],
  [
    { name: "pods.example" },
    ['webhooks[0].name: Invalid value: "pods.example": should be a domain with at least three segments separated by dots'],
  ],
  [{ sideEffects: undefined }, ["webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun"]],
  [{ sideEffects: "Some" }, ['webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"']],
  [{ timeoutSeconds: 31 }, ["webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds"]],
  [{ failurePolicy: "Cry" }, ['webhooks[0].failurePolicy: Unsupported value: "Cry": supported values: "Fail", "Ignore"']],
  [{ admissionReviewVersions: [] }, ["webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1"]],
  [
    { admissionReviewVersions: ["v2", "v2"] },
    [
      'webhooks[0].admissionReviewVersions[1]: Invalid value: "v2": duplicate version',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1',
    ],
  ],
  [{ clientConfig: {} }, ["webhooks[0].clientConfig: Required value: exactly one of url or service is required"]],
  [
    { clientConfig: { url: "http://me@example.com/a?b#c" } },
    [
      `webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'webhooks[0].clientConfig.url: Invalid value: "me": user information is not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "c": fragments are not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "b": query parameters are not permitted in the URL',
    ],
  ],
  [{ clientConfig: { url: "https://example.com:8443/hooks" } }, []],
  [
    { clientConfig: { service: { ...webhook.clientConfig.service, path: "a//b", port: 0 } } },
    [
      "webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
      `webhooks[0].clientConfig.service.path: Invalid value: "a//b": must start with a '/'`,
      'webhooks[0].clientConfig.service.path: Invalid value: "a//b": segment[0] may not be empty',
      'webhooks[0].clientConfig.service.path: Invalid value: "a//b": segment[1] may not be empty',
    ],
  ],
  [
    { rules: [{ ...rule, operations: ["*", "CREATE"], resources: ["pods/*", "pods/log", "*"], scope: "Everywhere" }] },
    [
      `webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
      `webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
      'webhooks[0].rules[0].scope: Unsupported value: "Everywhere": supported values: "*", "Cluster", "Namespaced"',
    ],
  ],
  [
    { rules: [{}] },
    ["operations", "apiGroups", "apiVersions", "resources"].map((field) => `webhooks[0].rules[0].${field}: Required value`),
  ],
  [
    {
      matchConditions: [
        { name: "a", expression: " " },
        { name: "a", expression: "true" },
      ],
    },
    ["webhooks[0].matchConditions[0].expression: Required value", 'webhooks[0].matchConditions[1].name: Duplicate value: "a"'],
  ],
] as readonly (readonly [Body, readonly string[]])[])("a webhook with %j", (change, problems) => {
  expect(problemsOf(ValidatingWebhookConfigurationKind, { webhooks: [{ ...webhook, ...change }] })).toEqual(problems);
});

test("webhooks of one configuration have different names", () => {
  expect(problemsOf(MutatingWebhookConfigurationKind, { webhooks: [webhook, webhook] })).toEqual([
    'webhooks[1].name: Duplicate value: "pods.hooks.example.com"',
  ]);
  expect(rowOf(MutatingWebhookConfigurationKind, { webhooks: [webhook] })).toEqual({ Name: "web", Webhooks: 1, Age: "60s" });
});
