import { describe, expect, test } from "vitest";
import { aContainer, problemsOf, texts } from "../testing/pods.ts";
import { aPod } from "../testing/pods.ts";
import { validatePodTemplateSpec } from "./pod.ts";

type Json = Readonly<Record<string, unknown>>;
type Case = readonly [sentence: string, spec: Json, problems: readonly string[]];

function check(cases: readonly Case[]): void {
  test.each(cases)("%s", (_, spec, problems) => {
    expect(problemsOf(spec)).toEqual(problems);
  });
}

describe("a Pod", () => {
  check([
    [
      "is restarted by a known policy",
      { restartPolicy: "Sometimes" },
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"'],
    ],
    [
      "has a deadline of a second at least",
      { activeDeadlineSeconds: 0 },
      ["spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"],
    ],
    [
      "refers to its claims one way",
      { resourceClaims: [{ name: "a" }, { name: "a", resourceClaimName: "c" }] },
      [
        'spec.resourceClaims[0]: Invalid value: {"name":"a"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
        'spec.resourceClaims[1].name: Duplicate value: "a"',
      ],
    ],
    [
      "has qualified gates, each once",
      { schedulingGates: [{ name: "example.com/a" }, { name: "example.com/a" }], readinessGates: [{ conditionType: "" }] },
      ["spec.readinessGates[0].conditionType: Required value", 'spec.schedulingGates[1]: Duplicate value: "example.com/a"'],
    ],
    [
      "is not placed while it is gated",
      { nodeName: "node-1", schedulingGates: [{ name: "example.com/a" }] },
      ["spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"],
    ],
    [
      "needs name servers when it takes none",
      { dnsPolicy: "None", dnsConfig: {} },
      ["spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None"],
    ],
    [
      "has no more name servers than libc reads",
      { dnsConfig: { nameservers: ["10.0.0.1", "10.0.0.2", "10.0.0.3", "::1x"], searches: [".", "a_b.example."], options: [{}] } },
      [
        'spec.dnsConfig.nameservers: Invalid value: ["10.0.0.1","10.0.0.2","10.0.0.3","::1x"]: must not have more than 3 nameservers',
        'spec.dnsConfig.nameservers[3]: Invalid value: "::1x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        "spec.dnsConfig.options[0]: Required value: must not be empty",
      ],
    ],
    [
      "has host aliases by address",
      { hostAliases: [{ ip: "localhost", hostnames: ["a"] }] },
      ['spec.hostAliases[0].ip: Invalid value: "localhost": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
  ]);
});

describe("tolerations", () => {
  const tolerations = (toleration: Json): Json => ({ tolerations: [toleration] });
  check([
    ["of everything need nothing but Exists", tolerations({ operator: "Exists" }), []],
    [
      "without a key tolerate everything",
      tolerations({ value: "x" }),
      [
        'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
    ],
    [
      "of a key alone have no value",
      tolerations({ key: "a", operator: "Exists", value: "b" }),
      ["spec.tolerations[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'"],
    ],
    [
      "for a time are of NoExecute",
      tolerations({ key: "a", tolerationSeconds: 1, effect: "NoSchedule" }),
      ["spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set"],
    ],
    [
      "are of a known effect",
      tolerations({ key: "a", effect: "Never" }),
      ['spec.tolerations[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "PreferNoSchedule"'],
    ],
  ]);
});

describe("affinity", () => {
  const required = "requiredDuringSchedulingIgnoredDuringExecution";
  const preferred = "preferredDuringSchedulingIgnoredDuringExecution";
  check([
    [
      "for nodes has terms",
      { affinity: { nodeAffinity: { [required]: { nodeSelectorTerms: [] } } } },
      [`spec.affinity.nodeAffinity.${required}.nodeSelectorTerms: Required value: must have at least one node selector term`],
    ],
    [
      "for nodes has values where its operator needs them",
      {
        affinity: {
          nodeAffinity: {
            [required]: {
              nodeSelectorTerms: [
                {
                  matchExpressions: [
                    { key: "a", operator: "In" },
                    { key: "a", operator: "Exists", values: ["x"] },
                    { key: "a", operator: "Gt", values: ["1", "2"] },
                  ],
                  matchFields: [{ key: "metadata.uid", operator: "Exists" }],
                },
              ],
            },
          },
        },
      },
      [
        "matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
        "matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        "matchExpressions[2].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'",
        'matchFields[0].operator: Invalid value: "Exists": not a valid selector operator',
        'matchFields[0].key: Invalid value: "metadata.uid": not a valid field selector key',
      ].map((problem) => `spec.affinity.nodeAffinity.${required}.nodeSelectorTerms[0].${problem}`),
    ],
    [
      "has weights from 1 to 100",
      { affinity: { podAffinity: { [preferred]: [{ weight: 0, podAffinityTerm: { topologyKey: "zone" } }] } } },
      [`spec.affinity.podAffinity.${preferred}[0].weight: Invalid value: 0: must be in the range 1-100`],
    ],
    [
      "takes keys of labels where there is a selector to add them to",
      { affinity: { podAntiAffinity: { [required]: [{ topologyKey: "zone", matchLabelKeys: ["a"] }] } } },
      [`spec.affinity.podAntiAffinity.${required}[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set`],
    ],
  ]);
});

describe("topology spread", () => {
  const constraint = (fields: Json): Json => ({ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", ...fields });
  const at = "spec.topologySpreadConstraints";
  check([
    [
      "allows some skew",
      { topologySpreadConstraints: [constraint({ maxSkew: 0 })] },
      [`${at}[0].maxSkew: Invalid value: 0: must be greater than zero`],
    ],
    [
      "is over one key in one way once",
      { topologySpreadConstraints: [constraint({}), constraint({ maxSkew: 2 })] },
      [`${at}[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"`],
    ],
    [
      "asks for domains only where it refuses",
      { topologySpreadConstraints: [constraint({ minDomains: 2, whenUnsatisfiable: "ScheduleAnyway" })] },
      [`${at}[0].minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway`],
    ],
  ]);
});

describe("security", () => {
  const container = (securityContext: Json): Json => ({ containers: [aContainer({ securityContext })] });
  const at = "spec.containers[0].securityContext";
  check([
    [
      "has ids that fit into 31 bits",
      { securityContext: { runAsUser: -1, supplementalGroups: [2 ** 31] } },
      [
        "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
        "spec.securityContext.supplementalGroups[0]: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive",
      ],
    ],
    [
      "gives a privileged container all rights",
      container({ privileged: true, allowPrivilegeEscalation: false }),
      [
        `${at}: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set \`allowPrivilegeEscalation\` to false and \`privileged\` to true`,
      ],
    ],
    [
      "names a seccomp profile of the node",
      container({ seccompProfile: { type: "Localhost" } }),
      [`${at}.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost`],
    ],
    [
      "unmasks /proc in a user namespace only",
      container({ procMount: "Unmasked" }),
      [`${at}.procMount: Invalid value: "Unmasked": \`hostUsers\` must be false to use \`Unmasked\``],
    ],
    [
      "shares no namespace with the node but the users'",
      { hostUsers: false, hostPID: true },
      ["spec.HostPID: Forbidden: when `pod.Spec.HostUsers` is false"],
    ],
    [
      "changes no parameter of the node's network",
      { hostNetwork: true, securityContext: { sysctls: [{ name: "net.core.somaxconn", value: "1" }] } },
      ["spec.securityContext.sysctls[0].name: Invalid value: \"net.core.somaxconn\": may not be specified when 'hostNetwork' is true"],
    ],
    [
      "is that of the Pod's operating system",
      { os: { name: "windows" }, securityContext: { runAsUser: 1 } },
      ["spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod"],
    ],
  ]);

  test("is not said in two ways that differ", () => {
    const annotations = { "container.seccomp.security.alpha.kubernetes.io/web": "unconfined" };
    expect(problemsOf(container({ seccompProfile: { type: "RuntimeDefault" } }), { annotations })).toEqual([
      `${at}.seccompProfile.type: Forbidden: seccomp type in annotation and field must match`,
    ]);
  });
});

test.each([
  ["1", []],
  ["-2147483648", []],
  ["+1", ["must be a 32bit integer"]],
  ["2147483648", ["must be a 32bit integer"]],
])("the cost of a deletion may be %s or not", (cost, details) => {
  const annotations = { "controller.kubernetes.io/pod-deletion-cost": cost };
  const field = "metadata.annotations[controller.kubernetes.io/pod-deletion-cost]";
  expect(problemsOf({}, { annotations })).toEqual(details.map((detail) => `${field}: Invalid value: ${JSON.stringify(cost)}: ${detail}`));
});

test("a template is told of faults at its own path, and may leave ports of the node open", () => {
  const { spec } = aPod({ spec: { containers: [aContainer({ name: "", image: " x", ports: [{ containerPort: 80 }] })] } });
  const template = { metadata: { labels: { "a b": "" } }, spec: { ...spec, hostNetwork: true, nodeName: "No" } };
  expect(texts(validatePodTemplateSpec(template, "spec.template")).map((problem) => problem.slice(0, problem.indexOf(":")))).toEqual([
    "spec.template.labels",
    "spec.template.spec.nodeName",
  ]);
});
