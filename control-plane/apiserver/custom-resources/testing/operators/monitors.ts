import { choice, flag, intOrString, integer, listOf, type Operator, selector, struct, text, textMap } from "./operator.ts";

const duration = text(20, { pattern: "^(0|([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$" });
const secretKey = struct({ name: text(253), key: text(253), optional: flag }, { required: ["key"], "x-kubernetes-map-type": "atomic" });

const relabelling = struct({
  sourceLabels: listOf(text(200, { pattern: "^[a-zA-Z_][a-zA-Z0-9_]*$" }), 20, { "x-kubernetes-list-type": "atomic" }),
  separator: text(10),
  regex: text(1000),
  targetLabel: text(200),
  replacement: text(1000),
  modulus: integer(1, 2 ** 31 - 1, { format: "int64" }),
  action: { ...choice("replace", "keep", "drop", "labelmap", "labeldrop", "labelkeep", "hashmod"), default: "replace" },
});

const endpoint = struct(
  {
    port: text(63),
    targetPort: intOrString,
    path: text(2048, { pattern: "^/" }),
    scheme: choice("http", "https"),
    interval: duration,
    scrapeTimeout: duration,
    honorLabels: flag,
    params: { type: "object", additionalProperties: listOf(text(1024), 20), maxProperties: 50 },
    basicAuth: struct({ username: secretKey, password: secretKey }),
    bearer: secretKey,
    relabelings: listOf(relabelling, 50, { "x-kubernetes-list-type": "atomic" }),
  },
  {
    oneOf: [{ required: ["port"] }, { required: ["targetPort"] }],
    "x-kubernetes-validations": [{ rule: "!(has(self.basicAuth) && has(self.bearer))", message: "one way to authenticate is enough" }],
  },
);

/** A monitoring operator: which Services are asked for metrics, and how. */
export const monitors: Operator = {
  version: "v1",
  definition: {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "monitors.monitoring.example.com" },
    spec: {
      group: "monitoring.example.com",
      scope: "Namespaced",
      names: { plural: "monitors", singular: "monitor", kind: "Monitor", shortNames: ["mon"] },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: struct(
              {
                spec: struct(
                  {
                    jobLabel: text(63),
                    selector,
                    namespaceSelector: struct(
                      { any: flag, matchNames: listOf(text(63), 100) },
                      { not: { required: ["any", "matchNames"] } },
                    ),
                    endpoints: listOf(endpoint, 50, { minItems: 1 }),
                    sampleLimit: integer(0, Number.MAX_SAFE_INTEGER, { format: "int64" }),
                    ratio: { type: "number", minimum: 0, maximum: 1, exclusiveMinimum: true },
                    bodySizeLimit: text(20, { pattern: "^[0-9]+(KB|MB|GB)?$" }),
                    externalLabels: textMap(20, 200),
                    tier: choice("gold", "silver", "bronze"),
                  },
                  {
                    required: ["selector", "endpoints"],
                    "x-kubernetes-validations": [
                      {
                        rule: "!has(oldSelf.tier) || has(self.tier)",
                        message: "a tier can be changed, not given up",
                        fieldPath: ".tier",
                        reason: "FieldValueRequired",
                      },
                    ],
                  },
                ),
              },
              { required: ["spec"] },
            ),
          },
        },
      ],
    },
  },
  spec: { selector: { matchLabels: { app: "web" } }, endpoints: [{ port: "metrics" }], tier: "gold" },
  valid: {
    "by a number of a port": { endpoints: [{ targetPort: 8080 }] },
    "by a name of a port": { endpoints: [{ targetPort: "http" }] },
    "every half minute": { endpoints: [{ port: "metrics", interval: "30s", scrapeTimeout: "10s" }] },
    "with a password": {
      endpoints: [{ port: "metrics", basicAuth: { username: { name: "s", key: "u" }, password: { name: "s", key: "p" } } }],
    },
    "with parameters": { endpoints: [{ port: "metrics", params: { module: ["http", "tcp"] } }] },
    relabelled: { endpoints: [{ port: "metrics", relabelings: [{ sourceLabels: ["pod"], targetLabel: "instance" }] }] },
    everywhere: { namespaceSelector: { any: true } },
    "by an expression": { selector: { matchExpressions: [{ key: "app", operator: "Exists" }] } },
    "of few samples": { sampleLimit: 1000, bodySizeLimit: "10MB" },
    "of half of them": { ratio: 0.5 },
  },
  invalid: {
    "without endpoints": [{ endpoints: [] }, "spec.endpoints", "Invalid value"],
    "by no port": [{ endpoints: [{}] }, "spec.endpoints[0].port", "Required value"],
    "by two ports": [
      { endpoints: [{ port: "a", targetPort: 1 }] },
      "<nil>",
      `Invalid value: "": "spec.endpoints[0]" must validate one and only one schema`,
    ],
    "by a port that is neither number nor name": [{ endpoints: [{ targetPort: true }] }, "spec.endpoints[0].targetPort", "Invalid value"],
    "now and then": [{ endpoints: [{ port: "a", interval: "now" }] }, "spec.endpoints[0].interval", "Invalid value"],
    "authenticated twice": [
      { endpoints: [{ port: "a", basicAuth: {}, bearer: { key: "k" } }] },
      "spec.endpoints[0]",
      "Invalid value: one way to authenticate is enough",
    ],
    "by a Secret without its key": [
      { endpoints: [{ port: "a", bearer: { name: "s" } }] },
      "spec.endpoints[0].bearer.key",
      "Required value",
    ],
    "everywhere and in some places": [
      { namespaceSelector: { any: true, matchNames: ["a"] } },
      "<nil>",
      `Invalid value: "": "spec.namespaceSelector" must not validate the schema (not)`,
    ],
    "of none of them": [{ ratio: 0 }, "spec.ratio", "Invalid value"],
    "with an operator that there isn't": [
      { selector: { matchExpressions: [{ key: "app", operator: "Like" }] } },
      "spec.selector.matchExpressions[0].operator",
      "Unsupported value",
    ],
  },
  refusedUpdate: [{ tier: null }, "spec.tier", "Required value: a tier can be changed, not given up"],
};
