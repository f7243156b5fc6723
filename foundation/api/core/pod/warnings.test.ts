import { describe, expect, test } from "vitest";
import { aContainer, aPod } from "./testing/pods.ts";
import { podTemplateWarnings, podWarnings } from "./warnings.ts";

type Json = Readonly<Record<string, unknown>>;

describe("a client is warned", () => {
  const container = (fields: Json): Json => ({ containers: [aContainer(fields)] });
  const cases: readonly (readonly [what: string, spec: Json, expected: readonly string[]])[] = [
    ["of nothing for a plain Pod", {}, []],
    [
      "of a variable that hides another",
      container({
        env: [
          { name: "A", value: "1" },
          { name: "A", value: "2" },
        ],
      }),
      ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
    ],
    [
      "not of a variable that builds on another",
      container({
        env: [
          { name: "A", value: "1" },
          { name: "A", value: "$(A)2" },
        ],
      }),
      [],
    ],
    [
      "of a fraction of a byte",
      container({ resources: { requests: { memory: "100m" } } }),
      ['spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer'],
    ],
    [
      "of a port that is there twice",
      { containers: [aContainer({ ports: [{ containerPort: 80 }] }), aContainer({ name: "b", ports: [{ containerPort: 80 }] })] },
      ["spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]"],
    ],
    [
      "of an address without a port",
      container({ ports: [{ containerPort: 80, hostIP: "10.0.0.1" }] }),
      ["spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:10.0.0.1}"],
    ],
    [
      "of labels that go by other names",
      { nodeSelector: { "beta.kubernetes.io/os": "linux" } },
      ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
    ],
    [
      "of selectors that match nothing",
      { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }] },
      ["spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod"],
    ],
    [
      "of volumes that no longer work",
      { volumes: [{ name: "v", glusterfs: { endpoints: "e", path: "p" } }] },
      ["spec.volumes[0].glusterfs: deprecated in v1.25, non-functional in v1.26+"],
    ],
    [
      "of a negative grace period",
      { terminationGracePeriodSeconds: -1 },
      ["spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"],
    ],
    ["of pull secrets without a name", { imagePullSecrets: [{}] }, ['spec.imagePullSecrets[0].name: invalid empty name ""']],
  ];
  test.each(cases)("%s", (_, spec, expected) => {
    expect(podWarnings(aPod({ spec }))).toEqual(expected);
  });

  test("of a name that is no host name", () => {
    expect(podWarnings(aPod({ metadata: { name: "web.1" } }))).toEqual([
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ]);
  });

  test("not again when a Pod is updated", () => {
    const pod = aPod({ spec: { terminationGracePeriodSeconds: -1 } });
    expect(podWarnings(pod, pod)).toEqual([]);
  });
});

test("of a template they are told at its own path", () => {
  const { spec } = aPod({ spec: { hostAliases: [{ ip: "10.0.0.1" }, { ip: "10.0.0.1" }] } });
  const annotations = { "container.apparmor.security.beta.kubernetes.io/web": "unconfined" };
  expect(podTemplateWarnings({ metadata: { annotations }, spec }, "spec.template")).toEqual([
    'spec.template.spec.hostAliases[1].ip: duplicate ip "10.0.0.1"',
    'spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/web]: deprecated since v1.30; use the "appArmorProfile" field instead',
  ]);
});
