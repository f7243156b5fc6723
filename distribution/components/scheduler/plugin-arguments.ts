import type { PluginArguments } from "@kubets/scheduler";
import type { ConfigFields } from "../config-file.ts";
import { defined } from "../flag-reader.ts";
import { FlagError } from "../flags.ts";

type Fit = NonNullable<PluginArguments["NodeResourcesFit"]>;
type AddedAffinity = NonNullable<NonNullable<PluginArguments["NodeAffinity"]>["addedAffinity"]>;
type Term = NonNullable<AddedAffinity["requiredDuringSchedulingIgnoredDuringExecution"]>["nodeSelectorTerms"][number];
type Requirement = NonNullable<Term["matchExpressions"]>[number];
type Resources = NonNullable<NonNullable<PluginArguments["NodeResourcesBalancedAllocation"]>["resources"]>;

/** The entry of `pluginConfig` for a plugin: what it is told, as far as it can be told here. */
export function readPluginArguments(plugin: string, entry: ConfigFields): PluginArguments {
  const fields = entry.fields("args");
  fields?.only("apiVersion", ["kubescheduler.config.k8s.io/v1"], "arguments are of the version of the configuration");
  fields?.only("kind", [`${plugin}Args`], `they are ${plugin}Args`);
  switch (plugin) {
    case "NodeAffinity":
      return { NodeAffinity: defined({ addedAffinity: addedAffinity(fields?.fields("addedAffinity")) }) };
    case "NodeResourcesFit":
      return {
        NodeResourcesFit: defined({
          ignoredResources: fields?.texts("ignoredResources"),
          ignoredResourceGroups: fields?.texts("ignoredResourceGroups"),
          scoringStrategy: scoringStrategy(fields?.fields("scoringStrategy")),
        }),
      };
    case "NodeResourcesBalancedAllocation":
      return { NodeResourcesBalancedAllocation: defined({ resources: resourcesOf(fields) }) };
    case "InterPodAffinity":
      fields?.only("hardPodAffinityWeight", [1], "to be near to a Pod that requires it counts 1");
      fields?.only("ignorePreferredTermsOfExistingPods", [false], "what Pods prefer counts for those that come after them");
      return {};
    case "PodTopologySpread":
      fields?.only("defaultingType", ["System"], "the default constraints are upstream's");
      fields?.only("defaultConstraints", [[]], "the default constraints are upstream's");
      return {};
    case "DefaultPreemption":
      fields?.only("minCandidateNodesPercentage", [10], "all nodes are looked at");
      fields?.only("minCandidateNodesAbsolute", [100], "all nodes are looked at");
      return {};
    case "VolumeBinding":
      fields?.only("bindTimeoutSeconds", [600], "volumes are waited for ten minutes");
      fields?.only("shape", [[]], "capacity of storage isn't scored");
      return {};
    case "DynamicResources":
      fields?.idle("filterTimeout bindingTimeout");
      return {};
    default:
      throw new FlagError(`pluginConfig: ${JSON.stringify(plugin)} is no plugin that takes arguments`);
  }
}

function scoringStrategy(fields: ConfigFields | undefined): Fit["scoringStrategy"] {
  if (fields === undefined) return undefined;
  const type = fields.text("type") ?? "LeastAllocated";
  const resources = defined({ resources: resourcesOf(fields) });
  const shape = fields.fields("requestedToCapacityRatio")?.list("shape") ?? [];
  if (type === "LeastAllocated" || type === "MostAllocated") return { type, ...resources };
  if (type !== "RequestedToCapacityRatio") return fields.refuse("type", "it is LeastAllocated, MostAllocated or RequestedToCapacityRatio");
  if (shape.length === 0) return fields.refuse("type", "it needs the points of requestedToCapacityRatio.shape");
  return {
    type,
    ...resources,
    shape: shape.map((point) => ({ utilization: point.number("utilization") ?? 0, score: point.number("score") ?? 0 })),
  };
}

function resourcesOf(fields: ConfigFields | undefined): Resources | undefined {
  const list = fields?.list("resources") ?? [];
  return list.length === 0 ? undefined : list.map((each) => ({ name: each.text("name") ?? "", weight: each.number("weight") ?? 1 }));
}

function addedAffinity(fields: ConfigFields | undefined): AddedAffinity | undefined {
  if (fields === undefined) return undefined;
  const required = fields.fields("requiredDuringSchedulingIgnoredDuringExecution");
  const preferred = fields.list("preferredDuringSchedulingIgnoredDuringExecution");
  return {
    ...(required === undefined
      ? {}
      : { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: required.list("nodeSelectorTerms").map(termOf) } }),
    preferredDuringSchedulingIgnoredDuringExecution: preferred.map((each) => {
      const preference = each.fields("preference");
      return { weight: each.number("weight") ?? 1, preference: preference === undefined ? {} : termOf(preference) };
    }),
  };
}

function termOf(fields: ConfigFields): Term {
  return {
    matchExpressions: fields.list("matchExpressions").map(requirementOf),
    matchFields: fields.list("matchFields").map(requirementOf),
  };
}

const operators = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] as const satisfies readonly Requirement["operator"][];

function requirementOf(fields: ConfigFields): Requirement {
  const operator =
    operators.find((each) => each === fields.text("operator")) ?? fields.refuse("operator", `it is one of ${operators.join(", ")}`);
  return { key: fields.text("key") ?? "", operator, values: fields.texts("values") ?? [] };
}
