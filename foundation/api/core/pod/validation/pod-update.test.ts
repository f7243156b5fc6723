import { describe, expect, test } from "vitest";
import { aContainer, updateProblemsOf } from "../testing/pods.ts";

type Json = Readonly<Record<string, unknown>>;

function problems(before: Json, after: Json): readonly string[] {
  return updateProblemsOf({ spec: before }, { spec: after });
}

const refusal =
  "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

describe("of a Pod may change", () => {
  const cases: readonly (readonly [what: string, before: Json, after: Json])[] = [
    ["nothing", {}, {}],
    ["images", { containers: [aContainer()] }, { containers: [aContainer({ image: "web:2", imagePullPolicy: "IfNotPresent" })] }],
    ["a deadline that is set", {}, { activeDeadlineSeconds: 10 }],
    ["a deadline that is shortened", { activeDeadlineSeconds: 10 }, { activeDeadlineSeconds: 5 }],
    ["tolerations that are added", { tolerations: [{ key: "a" }] }, { tolerations: [{ key: "b" }, { key: "a" }] }],
    [
      "how long a taint is tolerated",
      { tolerations: [{ key: "a", effect: "NoExecute", tolerationSeconds: 1 }] },
      { tolerations: [{ key: "a", effect: "NoExecute", tolerationSeconds: 2 }] },
    ],
    ["a negative grace period", { terminationGracePeriodSeconds: -1 }, { terminationGracePeriodSeconds: 1 }],
    ["gates that are taken away", { schedulingGates: [{ name: "a" }, { name: "b" }] }, { schedulingGates: [{ name: "b" }] }],
    [
      "nodes to choose from while it is gated",
      { schedulingGates: [{ name: "a" }] },
      { schedulingGates: [{ name: "a" }], nodeSelector: { disk: "ssd" } },
    ],
  ];
  test.each(cases)("%s", (_, before, after) => {
    expect(problems(before, after)).toEqual([]);
  });
});

describe("of a Pod may not change", () => {
  const cases: readonly (readonly [what: string, before: Json, after: Json, expected: readonly string[]])[] = [
    ["its node", { nodeName: "a" }, { nodeName: "b" }, [`${refusal}\nspec.nodeName: "a" -> "b"`]],
    [
      "a command",
      { containers: [aContainer()] },
      { containers: [aContainer({ command: ["x"] })] },
      [`${refusal}\nspec.containers[0].command: unset -> ["x"]`],
    ],
    [
      "the number of its containers",
      {},
      { containers: [aContainer(), aContainer({ name: "b" })] },
      ["spec.containers: Forbidden: pod updates may not add or remove containers"],
    ],
    [
      "a deadline for a later one",
      { activeDeadlineSeconds: 5 },
      { activeDeadlineSeconds: 10 },
      ["spec.activeDeadlineSeconds: Invalid value: 10: must be less than or equal to previous value"],
    ],
    [
      "a deadline for none",
      { activeDeadlineSeconds: 5 },
      {},
      ["spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value"],
    ],
    [
      "a toleration",
      { tolerations: [{ key: "a" }] },
      { tolerations: [{ key: "a", value: "x" }] },
      ["spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"],
    ],
    [
      "gates for others",
      { schedulingGates: [{ name: "a" }] },
      { schedulingGates: [{ name: "b" }] },
      ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'"],
    ],
    [
      "nodes to choose from for more, although it is gated",
      { schedulingGates: [{ name: "a" }], nodeSelector: { disk: "ssd" } },
      { schedulingGates: [{ name: "a" }] },
      ["spec.nodeSelector: Invalid value: {}: only additions to spec.nodeSelector are allowed (no mutations or deletions)"],
    ],
    [
      "nodes to choose from without a gate",
      {},
      { nodeSelector: { disk: "ssd" } },
      [`${refusal}\nspec.nodeSelector: unset -> {"disk":"ssd"}`],
    ],
  ];
  test.each(cases)("%s", (_, before, after, expected) => {
    expect(problems(before, after)).toEqual(expected);
  });

  test("that it mirrors a static Pod", () => {
    const mirror = { metadata: { annotations: { "kubernetes.io/config.mirror": "x" } }, spec: { nodeName: "a" } };
    const field = "metadata.annotations[kubernetes.io/config.mirror]";
    expect(updateProblemsOf(mirror, { spec: { nodeName: "a" } })).toEqual([
      `${field}: Forbidden: may not remove or update mirror pod annotation`,
    ]);
    expect(updateProblemsOf({ spec: { nodeName: "a" } }, mirror)).toEqual([`${field}: Forbidden: may not add mirror pod annotation`]);
  });
});

test("node affinity of a gated Pod may be narrowed down", () => {
  const gated = (terms: readonly Json[] | undefined): Json => ({
    schedulingGates: [{ name: "a" }],
    ...(terms === undefined
      ? {}
      : { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } } }),
  });
  const ssd = { key: "disk", operator: "In", values: ["ssd"] };
  const zone = { key: "zone", operator: "Exists" };
  const terms = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
  expect(problems(gated(undefined), gated([{ matchExpressions: [ssd] }]))).toEqual([]);
  expect(problems(gated([{ matchExpressions: [ssd] }]), gated([{ matchExpressions: [ssd, zone] }]))).toEqual([]);
  expect(problems(gated([{ matchExpressions: [ssd, zone] }]), gated([{ matchExpressions: [zone] }]))).toEqual([
    `${terms}[0]: Invalid value: {"matchExpressions":[{"key":"zone","operator":"Exists"}]}: only additions are allowed (no mutations or deletions)`,
  ]);
  expect(problems(gated([{ matchExpressions: [ssd] }]), gated(undefined))).toEqual([
    `${terms}: Invalid value: []: no additions/deletions to non-empty NodeSelectorTerms list are allowed`,
  ]);
});
