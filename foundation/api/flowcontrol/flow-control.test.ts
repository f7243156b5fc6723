import { describe, expect, test } from "vitest";
import { problemsOf, problemsOfStatusUpdate, rowOf } from "../testing/kind-under-test.ts";
import { FlowSchemaKind } from "./flow-schema.ts";
import { PriorityLevelConfigurationKind } from "./priority-level-configuration.ts";

describe("a FlowSchema", () => {
  const priorityLevelConfiguration = { name: "global-default" };
  const subjects = [{ kind: "Group", group: { name: "system:masters" } }];
  const resourceRules = [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"] }];
  const withRule = (rule: object): object => ({ priorityLevelConfiguration, rules: [{ subjects, resourceRules, ...rule }] });

  test.each([
    [{ priorityLevelConfiguration }, []],
    [withRule({}), []],
    [{}, ["spec.priorityLevelConfiguration.name: Required value: must reference a priority level"]],
    [
      { priorityLevelConfiguration, matchingPrecedence: 1 },
      ["spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"],
    ],
    [
      { priorityLevelConfiguration, matchingPrecedence: 10_001 },
      ["spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000"],
    ],
    [
      { priorityLevelConfiguration, distinguisherMethod: { type: "ByColor" } },
      ['spec.distinguisherMethod.type: Unsupported value: {"type":"ByColor"}: supported values: "ByNamespace", "ByUser"'],
    ],
    [withRule({ subjects: [] }), ["spec.rules[0].subjects: Required value: subjects must contain at least one value"]],
    [
      withRule({ subjects: [{ kind: "User", group: { name: "a" } }] }),
      [
        "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
        "spec.rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
      ],
    ],
    [
      withRule({ resourceRules: [], nonResourceRules: [{ verbs: ["get", "fly"], nonResourceURLs: ["healthz", "/a*"] }] }),
      [
        'spec.rules[0].nonResourceRules[0].verbs: Unsupported value: ["get","fly"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "healthz": must start with slash',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a*": wildcard can only do suffix matching',
      ],
    ],
    [
      withRule({ resourceRules: [{ verbs: ["*"], apiGroups: ["*", "apps"], resources: ["*"] }] }),
      [
        `spec.rules[0].resourceRules[0].apiGroups: Invalid value: ["*","apps"]: if '*' is present, must not specify other api groups`,
        "spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace",
      ],
    ],
  ])("with the spec %j", (spec, problems) => {
    expect(problemsOf(FlowSchemaKind, { spec })).toEqual(problems);
  });

  test("has conditions of types", () => {
    expect(problemsOfStatusUpdate(FlowSchemaKind, {}, { status: { conditions: [{ type: "" }, { type: "a" }, { type: "a" }] } })).toEqual([
      "status.conditions[0].type: Required value: must not be empty",
      'status.conditions[2].type: Duplicate value: "a"',
    ]);
  });

  test("shows in a table whether its priority level is missing", () => {
    const status = { conditions: [{ type: "Dangling", status: "False" }] };
    expect(rowOf(FlowSchemaKind, { spec: { priorityLevelConfiguration }, status })).toEqual({
      Name: "web",
      PriorityLevel: "global-default",
      MatchingPrecedence: 1000,
      DistinguisherMethod: "<none>",
      Age: "60s",
      MissingPL: "False",
    });
  });
});

describe("a PriorityLevelConfiguration", () => {
  const queued = (queuing: object): object => ({ type: "Limited", limited: { limitResponse: { type: "Queue", queuing } } });
  const path = "spec.limited.limitResponse";
  test.each([
    [{ type: "Limited", limited: { limitResponse: { type: "Reject" } } }, []],
    [queued({}), []],
    [{ type: "Exempt" }, [`spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`]],
    [{ type: "Limited" }, ["spec.limited: Required value: must not be empty when type is Limited"]],
    [{ type: "Open" }, ['spec.type: Unsupported value: "Open": supported values: "Exempt", "Limited"']],
    [queued({ handSize: 65 }), [`${path}.queuing.handSize: Invalid value: 65: should not be greater than queues (64)`]],
    [
      queued({ queues: 1024, handSize: 8 }),
      [`${path}.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 1024 and handSize 8 should not be greater than 60`],
    ],
    [
      { type: "Limited", limited: { nominalConcurrencyShares: -1, lendablePercent: 101, limitResponse: { type: "Reject" } } },
      [
        "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer",
        "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
      ],
    ],
  ])("with the spec %j", (spec, problems) => {
    expect(problemsOf(PriorityLevelConfigurationKind, { spec })).toEqual(problems);
  });

  test("shows its queues in a table", () => {
    expect(rowOf(PriorityLevelConfigurationKind, { spec: queued({}) })).toEqual({
      Name: "web",
      Type: "Limited",
      NominalConcurrencyShares: 30,
      Queues: 64,
      HandSize: 8,
      QueueLengthLimit: 50,
      Age: "60s",
    });
  });
});
